import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LocalBackend } from '../../src/backend/local.js';
import { BrokerUnavailable, HistoryFull, OutcomeUnknown } from '../../src/broker/broker.js';
import { CapturedLog } from '../support/captured-log.js';

const tab = { connection: 'g-1', identity: null, groups: new Set<string>() };

describe('functions of a module as a backend', () => {
  test('send by target, action and details, or as POST /v1/send has it', async () => {
    const carriedOut: unknown[] = [];
    const carryOut = async (send: unknown) => ({ all: { gateways: carriedOut.push(send) } });
    const backend = new LocalBackend(carryOut, async () => [], new CapturedLog().log);
    const to = { all: true } as const;
    const whole = { to, action: 'x', details: [1], history: false };
    backend.onConnect(({ send }) => send(to, 'x', 1, [2]));
    backend.onConnect(({ send }) => send(whole));
    backend.onOnline((_, send) => send(whole));
    backend.onConnect(({ send }) => send(undefined as never));
    backend.onConnect(({ send }) => send(to as never));
    backend.connected(tab);
    backend.presenceChanged!('ann', true);
    const wrong = [undefined, to].map((given) => ({ to: given, action: undefined, details: [] }));
    assert.deepEqual(carriedOut, [{ to, action: 'x', details: [1, [2]] }, whole, ...wrong, whole]);
  });

  const rows: [failure: Error, code: number, logged: number][] = [
    [new BrokerUnavailable('away'), 503, 0],
    [new OutcomeUnknown('silent'), 503, 0],
    [new HistoryFull('no memory'), 507, 0],
    [new Error('a fault of the application'), 500, 1],
  ];
  for (const [failure, code, logged] of rows)
    test(`a send that fails with ${failure.name} (${failure.message}) is told as ${code}`, async () => {
      const { log, lines } = new CapturedLog();
      const backend = new LocalBackend(
        () => Promise.reject(failure),
        async () => [],
        log,
      );
      backend.on('do', (context) => context.send({ all: true }, 'x'));
      const told: number[] = [];
      const exchange = { reply() {}, error: (number: number) => told.push(number), wanted: true };
      await backend.act(tab, 'do', [], exchange);
      assert.deepEqual(told, [code]);
      assert.equal(lines.length, logged);
    });
});
