import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePosition } from '@tabcast/shared';
import { type Broker, IdempotencyConflict } from '../../src/broker/broker.js';
import { until } from '../support/until.js';
import { Bench, become } from './redis-bench.js';
import { plenty, publishKept, readTexts } from './suite.js';

const bench = new Bench();

describe('a repetition under an idempotency key', { timeout: 30_000 }, () => {
  const repeat = (broker: Broker, idempotencyKey: string) =>
    broker.publish({ channel: 'a', bytes: Buffer.from(idempotencyKey), keep: plenty, idempotencyKey });

  for (const [what, key, lose] of [
    [
      'a restart with all data',
      'restarted',
      async (broker: Broker) => {
        await bench.redis.cli('SAVE');
        await bench.redis.restart();
        await until('the loss to be noticed', () => broker.state !== 'live');
        await become(broker, 'live');
      },
    ],
    [
      'the loss of the head',
      'beheaded',
      async () => {
        await bench.redis.forget('*:h:a');
      },
    ],
  ] as const)
    test(`after ${what} is published anew, once`, async () => {
      const { broker, heard } = await bench.open();
      await broker.subscribe('a');
      await publishKept(broker, 'a', 'before');
      const first = await repeat(broker, key);
      assert.deepEqual(await repeat(broker, key), first);
      await lose(broker);
      const again = await repeat(broker, key);
      assert.ok(epochOf(again.position!) > epochOf(first.position!));
      assert.deepEqual(await readTexts(broker, 'a'), { texts: [key], complete: true });
      assert.deepEqual(await repeat(broker, key), again);
      await publishKept(broker, 'a', 'last');
      await until('the last', () => heard.in('a').at(-1) === 'last');
      assert.deepEqual(heard.in('a').slice(-3), [key, key, 'last']);
      const other = { channel: 'a', bytes: Buffer.from('other'), keep: plenty, idempotencyKey: key };
      await assert.rejects(broker.publish(other), IdempotencyConflict);
    });

  test('is answered by a full Redis too', async () => {
    const { broker } = await bench.open();
    const first = await repeat(broker, 'full before');
    await bench.redis.config('maxmemory', '1');
    const again = await repeat(broker, 'full before').finally(() => bench.redis.config('maxmemory', '0'));
    assert.deepEqual(again, first);
  });
});

function epochOf(position: string): number {
  return Number(parsePosition(position)?.epoch);
}
