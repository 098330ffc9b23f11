import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BrokerUnavailable,
  type History,
  type HistoryRequest,
  OutcomeUnknown,
} from '../../src/broker/broker.js';
import { encodeEnvelope } from '../../src/broker/envelope.js';
import { historyRoute } from '../../src/http/history.js';

const empty: History = { position: '7-0', entries: [], complete: true };

/** Asks with a query, of a broker that answers so, or fails so. */
async function get(query: string, history: History | Error = empty) {
  const asked: HistoryRequest[] = [];
  const { answer } = historyRoute({
    async read(request) {
      asked.push(request);
      if (history instanceof Error) throw history;
      return history;
    },
  });
  const request = { method: 'GET', path: '/v1/history', header: () => undefined, body: Buffer.alloc(0) };
  const { status, body } = await answer({ ...request, query, parameters: {} });
  return { status, body: JSON.parse(body!), asked };
}

const frame = (action: string, details: unknown[]) => Buffer.from(JSON.stringify({ action, details }));

describe('GET /v1/history', () => {
  test('asks the broker for a page, the first 100 unless it is told otherwise', async () => {
    assert.deepEqual((await get('channel=all')).asked, [{ channel: 'all', after: undefined, limit: 100 }]);
    assert.deepEqual((await get('limit=1000&after=7-12&channel=registered')).asked, [
      { channel: 'registered', after: '7-12', limit: 1000 },
    ]);
    assert.deepEqual((await get('channel=user:42&limit=0')).asked, [
      { channel: 'user:42', after: undefined, limit: 0 },
    ]);
  });

  test('takes ids with whatever is in them, percent-encoded or as forms are', async () => {
    for (const [query, channel] of [
      ['channel=user%3Aa%26b%2Fc%2Bd', 'user:a&b/c+d'],
      ['channel=group:a+b&', 'group:a b'],
      ['channel=group:a=b%0A', 'group:a=b\n'],
      ['ch%61nnel=user:ä', 'user:ä'],
    ])
      assert.equal((await get(query!)).asked[0]?.channel, channel, query);
  });

  test('tells what was sent and to whom not, oldest first, and where the channel stands', async () => {
    const entries = [
      { position: '7-1', bytes: frame('a', [1, 'ä']) },
      { position: '7-2', bytes: encodeEnvelope(frame('b', []), { session: 's', except: 'g-1', once: 'x' }) },
    ];
    const { status, body } = await get('channel=user:42', { position: '7-3', entries, complete: false });
    assert.equal(status, 200);
    assert.deepEqual(body, {
      channel: 'user:42',
      position: '7-3',
      entries: [
        { position: '7-1', action: 'a', details: [1, 'ä'] },
        { position: '7-2', action: 'b', details: [], session: 's', except: 'g-1' },
      ],
      complete: false,
    });
  });

  test('does not leave out what it cannot read', async () => {
    const entries = [
      { position: '7-1', bytes: Uint8Array.of(9, 9, 9) },
      { position: '7-2', bytes: Buffer.from('{"action":') },
    ];
    const { body } = await get('channel=all', { position: '7-2', entries, complete: true });
    assert.deepEqual(
      body.entries,
      ['7-1', '7-2'].map((position) => ({ position, action: null, details: [] })),
    );
  });

  const wrong: [query: string, field: string][] = [
    ['', 'channel'],
    ['channel', 'channel'],
    ['channel=', 'channel'],
    ['channel=everyone', 'channel'],
    ['channel=gateway:1nnbovkjsm', 'channel'],
    ['channel=user:', 'channel'],
    ['channel=all:1', 'channel'],
    [`channel=user:${'x'.repeat(129)}`, 'channel'],
    ['channel=user:%ff', 'channel'],
    ['channel=all&channel=all', 'channel'],
    ['channel=all&after=', 'after'],
    ['channel=all&after=7', 'after'],
    ['channel=all&after=7-x', 'after'],
    ['channel=all&after=-', 'after'],
    ['channel=all&after=7-07', 'after'],
    [`channel=all&after=7-${'1'.repeat(16)}`, 'after'],
    ['channel=all&limit=', 'limit'],
    ['channel=all&limit=-1', 'limit'],
    ['channel=all&limit=1001', 'limit'],
    ['channel=all&limit=1e2', 'limit'],
    ['channel=all&before=7-1', 'before'],
    ['channel=all&__proto__=1', '__proto__'],
    ['channel=all&%=1', ''],
  ];
  for (const [query, field] of wrong)
    test(`${query.slice(0, 40) || 'no query'} is refused, and the broker not asked`, async () => {
      const { status, body, asked } = await get(query);
      assert.deepEqual([status, body.code, body.field], [400, 'invalid-field', field]);
      assert.equal(typeof body.expected, 'string');
      assert.deepEqual(asked, []);
    });

  test('a broker that is away, or silent, is told as everywhere', async () => {
    for (const [error, code] of [
      [new BrokerUnavailable('away'), 'broker-unavailable'],
      [new OutcomeUnknown('silent'), 'outcome-unknown'],
    ] as const) {
      const { status, body } = await get('channel=all', error);
      assert.deepEqual([status, body.code], [503, code]);
    }
  });
});
