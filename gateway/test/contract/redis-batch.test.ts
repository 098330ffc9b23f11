import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BrokerUnavailable } from '../../src/broker/broker.js';
import { until } from '../support/until.js';
import { Bench } from './redis-bench.js';
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
});
