import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Frame } from '@tabcast/shared';
import { type Cable, layCable } from '../support/cable.js';
import { GatewayProcess } from '../support/gateway.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** What connected tabs get of what their gateway has missed: two gateways on one Redis, one of them by a cable. */
describe('what a gateway has missed', { timeout: 60_000 }, () => {
  const channel = 'user:ann';
  let redis: RedisServer;
  let cable: Cable;
  let behind: GatewayProcess;
  let sender: GatewayProcess;
  let tabs: TestTab[];

  before(async () => {
    redis = await startRedis();
    cable = await layCable(redis.port);
    const options = { HISTORY_USER_SIZE: '1000' };
    behind = await GatewayProcess.start({ ...options, REDIS_URL: `redis://127.0.0.1:${cable.port}` });
    sender = await GatewayProcess.start({ ...options, REDIS_URL: redis.url });
    const token = await tokenFor('ann');
    tabs = await Promise.all(
      (['json', 'msgpack'] as const).map((encoding) => TestTab.open(behind.socketUrl, { token, encoding })),
    );
  });
  after(async () => {
    for (const gateway of [behind, sender]) await gateway.kill();
    await cable.close();
    await redis.close();
  });

  const send = (action: string) => sender.send({ to: { user: 'ann' }, action });
  const isOfChannel = ({ at }: Frame) => at?.[0] === channel;

  async function expectContiguous(tab: TestTab, start: string): Promise<void> {
    let [epoch, offset] = start.split('-') as [string, string];
    for (const { action, at } of tab.frames.filter(isOfChannel)) {
      if (action === 'sys/gap') [epoch, offset] = at![1]!.split('-') as [string, string];
      else assert.equal(at![1], `${epoch}-${Number(offset) + 1}`);
      offset = at![1]!.split('-')[1]!;
    }
  }

  test('through a subscription that has fallen silent is read from history', async () => {
    const starts = await Promise.all(tabs.map(async (tab) => (await tab.welcome()).positions![channel]!));
    await send('heard');
    for (const tab of tabs) await tab.next('heard');
    cable.swallow(':listen');
    for (let number = 0; number < 250; number++) await send('missed');
    await Promise.all(
      tabs.map((tab) =>
        until(
          'all that was missed',
          () => tab.frames.filter(({ action }) => action === 'missed').length >= 250,
          30_000,
        ),
      ),
    );
    await send('new');
    for (const [index, tab] of tabs.entries()) {
      await tab.next('new');
      await expectContiguous(tab, starts[index]!);
      assert.equal(tab.frames.filter(({ action }) => action === 'missed').length, 250);
      assert.ok(tab.frames.every(({ action }) => action !== 'sys/gap'));
    }
  });

  test('because Redis has lost everything is announced', async () => {
    await redis.restart();
    await until('both gateways to be back', async () => {
      const live = [behind, sender].map((gateway) => gateway.metric('tabcast_broker_live'));
      return (await Promise.all(live)).every((value) => value === 1);
    });
    for (const tab of tabs) await until('the gap', () => gapOf(tab) !== undefined);
    await until('a send', async () => (await send('after')).ok);
    for (const tab of tabs) {
      await tab.next('after');
      await expectContiguous(tab, (await tab.welcome()).positions![channel]!);
    }
  });

  function gapOf(tab: TestTab): Frame | undefined {
    return tab.frames.find((frame) => frame.action === 'sys/gap' && isOfChannel(frame));
  }
});
