import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { connect } from '@tabcast/client/unshared';
import { WebSocket } from 'ws';
import { GatewayProcess } from '../support/gateway.js';
import { startRedis } from '../support/redis.js';
import { tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** The client, and what is published while it has no connection. */

const total = 500;
const numbers = Array.from({ length: total }, (_, index) => index + 1);

describe('the client misses nothing', () => {
  const ends: (() => unknown)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function startGateways(): Promise<[GatewayProcess, GatewayProcess]> {
    const redis = await startRedis();
    ends.push(() => redis.close());
    const start = () =>
      GatewayProcess.start({
        REDIS_URL: redis.url,
        HISTORY_USER_SIZE: `${total}`,
        HISTORY_GROUP_SIZE: `${total}`,
      });
    const gateways = await Promise.all([start(), start()]);
    ends.push(() => Promise.all(gateways.map((gateway) => gateway.kill())));
    return gateways;
  }

  /** A tab whose handshakes go to one gateway after the other, and what it hears. */
  async function openTab(gateways: GatewayProcess[]) {
    let handshakes = 0;
    class Balanced extends WebSocket {
      constructor(_url: string, protocols: string[]) {
        super(gateways[handshakes++ % gateways.length]!.socketUrl, protocols);
      }
    }
    const getToken = () => tokenFor('ann', { join: ['room/*'] });
    const tabs = connect('ws://balancer.example/ws', { getToken, WebSocket: Balanced });
    ends.push(() => tabs.close());
    const heard = {
      user: [] as number[],
      group: [] as number[],
      gaps: [] as string[],
      recovered: [] as string[],
    };
    tabs.on('to user', (number: number) => heard.user.push(number));
    tabs.on('to group', (number: number) => heard.group.push(number));
    tabs.onGap((channel) => heard.gaps.push(channel));
    tabs.onRecovered((channels) => heard.recovered.push(...channels));
    await tabs.join('room/7');
    return { tabs, heard };
  }

  test('when its gateway is killed -9 while 500 publications flow: all arrive once, in order', async () => {
    const gateways = await startGateways();
    const [first, second] = gateways;
    const { tabs, heard } = await openTab(gateways);
    assert.equal(tabs.welcome?.gateway, first.id);
    for (const number of numbers) {
      if (number === 100) void first.kill('SIGKILL');
      // From here on they are live again.
      if (number === 400) await until('the tab to be back', () => tabs.welcome?.gateway === second.id);
      await second.send({ to: { user: 'ann' }, action: 'to user', details: [number] });
      await second.send({ to: { group: 'room/7' }, action: 'to group', details: [number] });
    }
    await until('the last', () => heard.user.at(-1) === total && heard.group.at(-1) === total);
    assert.deepEqual(heard.user, numbers);
    assert.deepEqual(heard.group, numbers);
    assert.deepEqual(heard.gaps, []);
    for (const channel of ['user:ann', 'group:room/7']) assert.ok(heard.recovered.includes(channel), channel);
  });
});
