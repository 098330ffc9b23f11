import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { parsePosition } from '@tabcast/shared';
import { pino } from 'pino';
import type { Broker } from '../../src/broker/broker.js';
import { createRedisBroker } from '../../src/broker/redis/broker.js';
import { Recorder } from '../support/recorder.js';
import { Sentinels } from '../support/sentinels.js';
import { until } from '../support/until.js';

const keep = { size: 100, age: 60_000 };

describe('history where Sentinels watch over Redis', { timeout: 60_000 }, () => {
  let sentinels: Sentinels;
  let broker: Broker;
  beforeEach(async () => {
    sentinels = await Sentinels.start();
    broker = createRedisBroker({
      ...{ url: sentinels.url, prefix: 'test', gateway: 'g', log: pino({ level: 'silent' }) },
      ...{ timeout: 500, probeInterval: 200, idempotencyTtl: 60_000 },
    });
    await broker.start(new Recorder());
  });
  afterEach(async () => {
    await broker.close();
    await sentinels.close();
  });

  async function keepOne(channel: string): Promise<string> {
    const { position } = await broker.publish({ channel, bytes: Buffer.from('x'), keep });
    return position!;
  }

  async function switchOver(): Promise<void> {
    const master = await sentinels.switchOver();
    await until('the broker to follow', async () =>
      String(await master.cli('CLIENT', 'LIST')).includes(':g:command'),
    );
    await until('it to be live', () => keepOne('ready'), 20_000);
  }

  /** Waits until either Redis knows where a channel stands: a replica without it would begin anew in any case. */
  async function copied(channel: string): Promise<void> {
    for (const server of sentinels.servers)
      await until(
        'the replica',
        async () => String(await server.cli('KEYS', `*:h:${channel}`)) !== '',
        20_000,
      );
  }

  async function expectNewEpoch(channel: string, last: string): Promise<void> {
    assert.equal((await broker.read({ channel, after: last, limit: 10 })).complete, false);
    const [before, now] = [parsePosition(last)!, parsePosition(await keepOne(channel))!];
    assert.ok(BigInt(now.epoch) > BigInt(before.epoch), `${now.epoch} after ${before.epoch}`);
    assert.equal(now.offset, 1);
  }

  test('each new master begins anew, also the one that was master before and knows the channel from then', async () => {
    const first = await sentinels.master();
    const [busy, quiet] = [await keepOne('busy'), await keepOne('quiet')];
    await copied('quiet');
    await switchOver();
    await expectNewEpoch('busy', busy);
    const later = await keepOne('busy');
    await switchOver();
    assert.equal(await sentinels.master(), first);
    await expectNewEpoch('busy', later);
    await expectNewEpoch('quiet', quiet);
  });
});
