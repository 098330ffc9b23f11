import { checkId, decodeJson, type Invalid, parsePosition } from '@tabcast/shared';
import type { Broker, HistoryEntry, HistoryRequest } from '../broker/broker.js';
import { decodeEnvelope } from '../broker/envelope.js';
import { json } from './answer.js';
import { invalid } from './body.js';
import { carried } from './carried.js';
import { defaultPage, maxPage, operations } from './operations.js';
import { readQuery } from './query.js';
import { type Route, route } from './routes.js';

/** `GET /v1/history`: what a channel has kept, a page at a time. */
export function historyRoute(broker: Pick<Broker, 'read'>): Route {
  return route('history', async ({ query }) => {
    const request = readRequest(query);
    if ('expected' in request) return invalid(request);
    return carried(async () => {
      const { position, entries, complete } = await broker.read(request);
      return json(200, { channel: request.channel, position, entries: entries.map(tell), complete });
    });
  });
}

const known = Object.keys(operations.history.query) as (keyof typeof operations.history.query)[];

function readRequest(query: string): HistoryRequest | Invalid {
  const read = readQuery(query, known);
  if ('expected' in read) return read;
  const { channel = '', after, limit = String(defaultPage) } = read.parameters;
  const wrong = checkChannel(channel);
  if (wrong !== undefined) return { field: 'channel', expected: wrong };
  if (after !== undefined && parsePosition(after) === undefined)
    return { field: 'after', expected: 'a position, as receipts give it' };
  if (!/^\d{1,4}$/.test(limit) || Number(limit) > maxPage)
    return { field: 'limit', expected: `an integer from 0 to ${maxPage}` };
  return { channel, after, limit: Number(limit) };
}

/** Says what was expected when a text is no channel that a send can go to. */
function checkChannel(channel: string): string | undefined {
  if (channel === 'all' || channel === 'registered') return undefined;
  const [, id] = /^(?:user|group):(.*)$/s.exec(channel) ?? [];
  return id === undefined ? 'all, registered, user:<id> or group:<id>' : checkId(id);
}

/** What was sent, and what narrows it down; `once` does not, it only keeps tabs from getting it twice. */
function tell({ position, bytes }: HistoryEntry) {
  const envelope = decodeEnvelope(bytes);
  const frame = envelope && decodeJson(Buffer.from(envelope.frame).toString());
  if (frame === undefined || 'refused' in frame) return { position, action: null, details: [] };
  const { session, except } = envelope?.filter ?? {};
  return { position, action: frame.action, details: frame.details, session, except };
}
