import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Broker, Publication, Published } from '../../src/broker/broker.js';
import { decodeOrder, encodeOrder } from '../../src/broker/envelope.js';
import { type Order, readOrder } from '../../src/cluster/order.js';
import { Orders } from '../../src/cluster/orders.js';
import { Counters } from '../../src/metrics/counters.js';
import { fuzzSeed, Random } from '../support/random.js';

const ask = { ask: 'abcDEF-_0123', asker: '00gateway1' };
const revoked = { until: 1_800_000_000_000 };

/** Every order that a gateway gives, as it reads it. */
const orders = [
  { kind: 'describe', ...ask },
  { kind: 'answer', ask: ask.ask, gateway: '00gateway2', body: { tabs: 1 } },
  { kind: 'put', group: 'a b/ü' },
  { kind: 'remove', group: 'x'.repeat(128) },
  { kind: 'close', code: 4007, session: null, connection: null },
  { kind: 'close', code: 4399, session: 's', connection: null },
  { kind: 'close', code: 4900, session: null, connection: '00gateway1-z' },
  { kind: 'revoke', revocation: { ...revoked, tokenId: 'jti' } },
  { kind: 'revoke', revocation: { ...revoked, user: 'ann', session: null, before: 0 } },
  { kind: 'drain' },
] as Order[];

describe('orders', () => {
  for (const order of orders)
    test(`${JSON.stringify(order)} is read as it was given, without what a newer gateway adds`, () => {
      const crossed = decodeOrder(encodeOrder({ ...order, added: 1 }));
      assert.deepEqual(readOrder(crossed), order);
    });

  const wrong: [string, Record<string, unknown>][] = [
    ['an ask that is too long', { kind: 'describe', ...ask, ask: 'x'.repeat(33) }],
    ['an asker that is no gateway', { kind: 'describe', ...ask, asker: 'a:b' }],
    ['an answer from nobody', { kind: 'answer', ask: 'x', body: {} }],
    ['an empty group', { kind: 'put', group: '' }],
    ['a group that is too long', { kind: 'remove', group: 'ü'.repeat(65) }],
    ['a group that is no text', { kind: 'put', group: ['a'] }],
    ['a code of ours that is not for applications', { ...orders[4], code: 4401 }],
    ['a code of RFC 6455', { ...orders[4], code: 1000 }],
    ['a code between two', { ...orders[4], code: 4300.5 }],
    ['a code as text', { ...orders[4], code: '4300' }],
    ['no session, not even null', { ...orders[4], session: undefined }],
    ['a connection of no gateway', { ...orders[4], connection: 'x' }],
    ['a revocation without end', { kind: 'revoke', revocation: { tokenId: 'x' } }],
    ['a revocation of nothing', { kind: 'revoke', revocation: revoked }],
    [
      'a moment before the epoch',
      { kind: 'revoke', revocation: { ...revoked, user: 'a', session: null, before: -1 } },
    ],
  ];
  for (const [what, order] of wrong)
    test(`${what} is malformed`, () => assert.equal(readOrder(order), 'malformed'));

  test('a kind of a newer gateway is unknown, and so is one that every object inherits', () => {
    for (const kind of ['dance', '', 'constructor', '__proto__', 'toString'])
      assert.equal(readOrder({ kind }), 'unknown');
  });

  test('what is no order at all is malformed', () => {
    for (const value of [undefined, null, 1, 'put', [], {}, { kind: 7 }, [['kind', 'drain']]])
      assert.equal(readOrder(value), 'malformed');
  });

  const seed = fuzzSeed();
  test(`wounded orders are read or refused, never thrown (FUZZ_SEED=${seed})`, () => {
    const random = new Random(seed);
    const { received, counters } = gathered();
    for (let round = 0; round < 5000; round++) {
      const whole = Buffer.from(encodeOrder(random.pick(orders)));
      received(Buffer.concat([whole.subarray(0, 1), random.wound(whole.subarray(1))]));
    }
    const counted = Object.values(counters.orders).reduce((sum, count) => sum + count, 0);
    assert.equal(counted, 5000);
    assert.ok(counters.orders.malformed > 0);
  });

  test('each kind goes to its taker, with the channel; the others are counted only', () => {
    const { received, counters, taken } = gathered();
    received(encodeOrder({ kind: 'put', group: 'g' }));
    received(encodeOrder({ kind: 'remove', group: 'g' }));
    received(encodeOrder({ kind: 'dance' }));
    received(Buffer.of(2, 0xc1));
    assert.deepEqual(taken, [[{ kind: 'put', group: 'g' }, 'user:ann']]);
    const { put, remove, unknown, malformed } = counters.orders;
    assert.deepEqual([put, remove, unknown, malformed], [1, 1, 1, 1]);
  });

  test('giving an order publishes it and tells how many heard', async () => {
    const published: Publication[] = [];
    const broker = {
      async publish(publication: Publication): Promise<Published> {
        published.push(publication);
        return { gateways: 3, position: null };
      },
    } as unknown as Broker;
    const given = await new Orders(broker, new Counters()).send('user:ann', { kind: 'put', group: 'g' });
    assert.equal(given, 3);
    assert.deepEqual(
      published.map(({ channel, bytes }) => [channel, decodeOrder(bytes)]),
      [['user:ann', { kind: 'put', group: 'g' }]],
    );
  });
});

/** Orders that arrive on the channel of a user, and somebody who takes one kind of them. */
function gathered() {
  const counters = new Counters();
  const all = new Orders({} as Broker, counters);
  const taken: unknown[] = [];
  all.on('put', (order, channel) => taken.push([order, channel]));
  return { counters, taken, received: (bytes: Uint8Array) => all.received('user:ann', bytes) };
}
