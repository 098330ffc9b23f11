import {
  checkAction,
  checkDetails,
  checkTarget,
  detailsOf,
  type Invalid,
  isSystemAction,
  type Target,
} from '@tabcast/shared';
import { BrokerUnavailable, HistoryFull, IdempotencyConflict, OutcomeUnknown } from '../broker/broker.js';
import type { Receipt, Send } from '../fanout/fanout.js';
import type { Counters, SendOutcome } from '../metrics/counters.js';
import { type Answer, type ApiRequest, json } from './answer.js';
import { invalid, parseJson } from './body.js';
import { type ProblemCode, problem } from './problem.js';

/** Most sends in one batch. */
export const maxBatch = 1000;

/** Longest `Idempotency-Key`, in characters. */
const maxKeyLength = 128;

/** What this route needs: something that sends. */
export interface Sender {
  send(send: Send): Promise<Receipt>;
}

/**
 * `POST /v1/send`: one send `{to, action, details, history}`, or an array of up to 1000. The whole body is checked before
 * anything is sent. Answers with a receipt, or an array of receipts in the same order.
 *
 * `Idempotency-Key` makes a repetition of the whole request harmless, also where it was carried out in part.
 */
export function sendRoute(sender: Sender, counters: Counters): (request: ApiRequest) => Promise<Answer> {
  return async (request) => {
    const read = readSends(request);
    if ('status' in read) {
      counters.sends.invalid++;
      return read;
    }
    const { sends, batch } = read;
    try {
      const receipts = await Promise.all(sends.map((send) => sender.send(send)));
      counters.sends.accepted += sends.length;
      return json(200, batch ? receipts : receipts[0]);
    } catch (error) {
      const { outcome, code } = refusalOf(error);
      counters.sends[outcome] += sends.length;
      return problem(code, { detail: (error as Error).message });
    }
  };
}

function readSends(request: ApiRequest): Answer | { sends: Send[]; batch: boolean } {
  const body = parseJson(request.body);
  if (body === undefined)
    return problem('not-json', { expected: '{"to": {…}, "action": "…", "details": […]}' });
  const key = request.header('idempotency-key');
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key.slice(0, maxKeyLength + 1)))
    return invalid({ field: 'Idempotency-Key', expected: 'printable ASCII without spaces' });
  if (key !== undefined && key.length > maxKeyLength)
    return invalid({ field: 'Idempotency-Key', expected: `at most ${maxKeyLength} characters` });
  return Array.isArray(body.value) ? readBatch(body.value, key) : readSingle(body.value, key);
}

function readSingle(value: unknown, key: string | undefined): Answer | { sends: Send[]; batch: boolean } {
  const send = readSend(value, key);
  return 'expected' in send ? invalid(send) : { sends: [send], batch: false };
}

function readBatch(values: unknown[], key: string | undefined): Answer | { sends: Send[]; batch: boolean } {
  if (values.length === 0 || values.length > maxBatch)
    return invalid({ field: '', expected: `an array of 1 to ${maxBatch} sends` });
  const sends: Send[] = [];
  for (const [index, value] of values.entries()) {
    // A blank is in no key, so no other request has such a one.
    const send = readSend(value, key && `${key} ${index}`);
    if ('expected' in send) return invalid({ ...send, field: joinPath(`[${index}]`, send.field) });
    sends.push(send);
  }
  return { sends, batch: true };
}

/** Checks one send of a request, and gives it its key. */
export function readSend(value: unknown, idempotencyKey?: string): Send | Invalid {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { field: '', expected: 'an object {"to": {…}, "action": "…", "details": […]}' };
  const { to, action, details, history, ...others } = value as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return { field: unknown, expected: 'only to, action, details and history' };
  const wrong =
    checkTarget(to) ?? checkSendAction(action) ?? checkSendDetails(details) ?? checkHistory(history);
  if (wrong !== undefined) return wrong;
  return {
    ...{ to: to as Target, action: action as string, details: detailsOf(details) },
    ...(history === false && { history }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}

function checkSendAction(action: unknown): Invalid | undefined {
  const wrong = checkAction(action);
  if (wrong !== undefined) return { field: 'action', expected: wrong };
  if (isSystemAction(action as string))
    return { field: 'action', expected: 'an action that does not begin with sys/' };
  return undefined;
}

function checkSendDetails(details: unknown): Invalid | undefined {
  const wrong = checkDetails(details);
  return wrong === undefined ? undefined : { field: 'details', expected: wrong };
}

function checkHistory(history: unknown): Invalid | undefined {
  const isFlag = history === undefined || typeof history === 'boolean';
  return isFlag ? undefined : { field: 'history', expected: 'true or false' };
}

function refusalOf(error: unknown): { outcome: SendOutcome; code: ProblemCode } {
  if (error instanceof BrokerUnavailable) return { outcome: 'unavailable', code: 'broker-unavailable' };
  if (error instanceof OutcomeUnknown) return { outcome: 'unknown', code: 'outcome-unknown' };
  if (error instanceof IdempotencyConflict) return { outcome: 'conflict', code: 'idempotency-conflict' };
  if (error instanceof HistoryFull) return { outcome: 'history-full', code: 'history-full' };
  throw error;
}

function joinPath(left: string, right: string): string {
  return right === '' ? left : `${left}.${right}`;
}
