import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePosition } from '@tabcast/shared';
import { type Broker, BrokerUnavailable, type Keep } from '../../src/broker/broker.js';
import type { Recorder } from '../support/recorder.js';
import { until } from '../support/until.js';
import { Bench } from './redis-bench.js';
import { publishKept, readTexts } from './suite.js';

const bench = new Bench();

/** What is refused because a permission was taken away from a gateway that runs leaves nothing behind. */
describe('a permission is taken away', { timeout: 30_000 }, () => {
  const small: Keep = { size: 3, age: 60_000 };

  /** A broker whose permissions change, and one that sees what it leaves behind. */
  async function open(user: string) {
    const [limited, other] = [await bench.openAs(user), await bench.open({ gateway: 'g2' })];
    await other.broker.subscribe('a');
    return {
      broker: limited.broker,
      other: other.broker,
      heard: other.heard,
      rule: (...rules: string[]) => bench.redis.cli('ACL', 'SETUSER', user, ...rules),
    };
  }

  function publishKeyed(broker: Broker, text: string): Promise<{ position: string | null }> {
    const bytes = Buffer.from(text);
    return broker.publish({ channel: 'a', bytes, keep: small, idempotencyKey: text });
  }

  async function expectNothingOf(
    refused: string,
    other: Broker,
    heard: Recorder,
    last: string,
  ): Promise<void> {
    assert.deepEqual(await readTexts(other, 'a', last), { texts: [], complete: true });
    const next = await publishKept(other, 'a', 'next', small);
    assert.equal(next, following(last));
    assert.deepEqual(await readTexts(other, 'a', last), { texts: ['next'], complete: true });
    await until('the next one', () => heard.in('a').includes('next'));
    assert.ok(!heard.in('a').includes(refused));
  }

  for (const [what, ...rules] of [
    ['rpush', '-rpush'],
    ['pexpire', '-pexpire'],
    ['set', '-set'],
    ['publish', '-publish'],
    ['the redis channels', 'resetchannels', '&*:probe:*'],
  ] as const)
    test(`${what}: neither kept nor delivered, alone or among others, and the position is for the next one`, async () => {
      const { broker, other, heard, rule } = await open(`without-${what.replaceAll(' ', '-')}`);
      await bench.redis.forget('*:a*');
      for (const text of ['1', '2']) await publishKept(other, 'a', text, small);
      const last = await publishKept(other, 'a', '3', small);
      await rule(...rules);
      await assert.rejects(publishKeyed(broker, 'refused'), BrokerUnavailable);
      const together = ['refused too', 'refused as well'].map((text) => publishKeyed(broker, text));
      for (const outcome of await Promise.allSettled(together)) assert.equal(outcome.status, 'rejected');
      await expectNothingOf('refused', other, heard, last);
      await rule('+@all', 'allchannels');
      await until('the broker', () => broker.state === 'live');
      const { position } = await publishKeyed(broker, 'refused');
      assert.equal(position, following(following(last)), 'the key is still free');
    });

  test('ltrim, without which nothing can be taken back: the channel begins anew', async () => {
    const { broker, other, heard, rule } = await open('without-ltrim');
    const last = await publishKept(other, 'a', 'before', small);
    await rule('-ltrim');
    const texts = ['1', '2', '3', '4', '5'];
    const outcomes = await Promise.allSettled(texts.map((text) => publishKept(broker, 'a', text, small)));
    const refused = texts.filter((_, index) => outcomes[index]!.status === 'rejected');
    assert.ok(refused.length > 0);
    assert.equal((await readTexts(other, 'a', last)).complete, false);
    const kept = (await readTexts(other, 'a')).texts;
    await publishKept(other, 'a', 'end', small);
    await until('the end', () => heard.in('a').includes('end'));
    for (const text of refused) assert.ok(!kept.includes(text) && !heard.in('a').includes(text), text);
  });

  for (const missing of ['hlen', 'info', 'time', 'del', 'hset', 'pexpire'])
    test(`${missing}, where a channel begins anew: no position is given twice`, async () => {
      const { broker, other, heard, rule } = await open(`beginner-without-${missing}`);
      await bench.redis.forget('*:a*');
      const last = await publishKept(other, 'a', 'first');
      const [head] = (await bench.redis.cli('KEYS', '*:h:a')) as [string];
      const fence = ((await bench.redis.cli('HKEYS', head)) as string[]).find((field) => field !== 'epoch')!;
      // As a restart with older data leaves it: what was counted belongs to another life.
      await bench.redis.cli('DEL', head);
      await bench.redis.cli('HSET', head, 'epoch', parsePosition(last)!.epoch, 'another:-1', '10');
      await rule(`-${missing}`);
      for (const text of ['refused', 'refused again', 'refused once more'])
        await assert.rejects(publishKept(broker, 'a', text), BrokerUnavailable, text);
      assert.ok(Number((await bench.redis.cli('HGET', head, fence)) ?? 0) <= 0, 'nothing is half raised');
      const first = await publishKept(other, 'a', 'anew');
      assert.equal(parsePosition(first)?.offset, 1);
      assert.notEqual(parsePosition(first)?.epoch, parsePosition(last)?.epoch);
      await until('it', () => heard.in('a').includes('anew'));
      assert.ok(heard.in('a').every((text) => !text.startsWith('refused')));
      assert.ok(Number(await bench.redis.cli('PTTL', head)) > 0);
    });
});

function following(position: string): string {
  const { epoch, offset } = parsePosition(position)!;
  return `${epoch}-${offset + 1}`;
}
