import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BrokerUnavailable } from '../../src/broker/broker.js';
import { until } from '../support/until.js';
import { Bench, become } from './redis-bench.js';
import { plenty, publishKept } from './suite.js';

const bench = new Bench();

describe('publications that are made in one go', { timeout: 30_000 }, () => {
  test('do not share the fate of one that fails', async () => {
    const { broker, heard } = await bench.open();
    await broker.subscribe('a');
    await publishKept(broker, 'foreign', 'makes the keys');
    const [head] = (await bench.redis.cli('KEYS', '*:h:foreign')) as [string];
    await bench.redis.cli('SET', head, 'not ours');
    const channels = Array.from({ length: 40 }, (_, index) => (index % 8 === 3 ? 'foreign' : 'a'));
    const outcomes = await Promise.allSettled(
      channels.map((channel, index) =>
        broker.publish({ channel, bytes: Buffer.from(`in one go ${index}`), keep: plenty }),
      ),
    );
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      channels.map((channel) => (channel === 'a' ? 'fulfilled' : 'rejected')),
    );
    const refused = outcomes[3] as PromiseRejectedResult;
    assert.ok(refused.reason instanceof BrokerUnavailable);
    assert.match((refused.reason.cause as Error).message, /WRONGTYPE/);
    const texts = channels.flatMap((channel, index) => (channel === 'a' ? `in one go ${index}` : []));
    await until('the others', () => heard.in('a').length === texts.length);
    assert.deepEqual(heard.in('a'), texts);
  });

  const kept = { keep: plenty };
  for (const [what, kinds] of [
    ['more than go in one script', Array(33).fill(kept)],
    ['some kept and some not', [kept, {}, kept, kept, {}]],
    ['some under a key', [{ idempotencyKey: 'k' }, {}, kept, { idempotencyKey: 'l' }, kept]],
  ] as const)
    test(`arrive in order when Redis has forgotten the scripts: ${what}`, async () => {
      const { broker, heard } = await bench.open();
      await broker.subscribe('a');
      const texts = kinds.map((_, index) => `${index}`);
      const publishAll = (round: string) =>
        Promise.all(
          kinds.map(({ ...kind }: { idempotencyKey?: string }, index) => {
            if (kind.idempotencyKey !== undefined) kind.idempotencyKey += what + round;
            return broker.publish({ channel: 'a', bytes: Buffer.from(texts[index]!), ...kind });
          }),
        );
      // Loads the script for several, and not the one for one.
      await Promise.all(['1', '2'].map((text) => publishKept(broker, 'b', text)));
      await bench.redis.cli('SCRIPT', 'FLUSH');
      for (const round of ['first', 'second']) {
        await publishAll(round);
        await until('all', () => heard.in('a').length >= texts.length);
        assert.deepEqual(
          heard.publications.splice(0).map(({ bytes }) => bytes.toString()),
          texts,
        );
        await bench.redis.cli('SCRIPT', 'FLUSH');
      }
      await publishAll('third');
      await until('all', () => heard.in('a').length >= texts.length);
      assert.deepEqual(heard.in('a'), texts);
    });

  test('leave a master that has become a replica, as one alone does', async () => {
    const { broker } = await bench.open({ probeInterval: 60_000 });
    const { command } = await bench.connections();
    await bench.redis.cli('REPLICAOF', '127.0.0.1', '1');
    const together = ['1', '2'].map((text) => publishKept(broker, 'a', text));
    for (const outcome of await Promise.allSettled(together)) assert.equal(outcome.status, 'rejected');
    await until('a look for another one', async () => (await bench.connections())['command'] !== command);
    await bench.redis.cli('REPLICAOF', 'NO', 'ONE');
    await become(broker, 'live');
  });
});
