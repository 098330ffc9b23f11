import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ConnectOptions, connect, type StateInfo, type Tabs } from '@tabcast/client/unshared';
import { WebSocket } from 'ws';
import { layCable } from '../support/cable.js';
import { GatewayProcess } from '../support/gateway.js';
import { startRedis } from '../support/redis.js';
import { tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** The client, and what happens to real gateways and to the way there. */

const application = fileURLToPath(new URL('../support/application.js', import.meta.url));

describe('the client comes back', () => {
  const ends: (() => unknown)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function startGateway(options: Record<string, string> = {}): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start({ HANDLERS: application, ...options });
    ends.push(() => gateway.kill());
    return gateway;
  }

  /** Connects, and waits until the tab is open. */
  async function open(url: string, options: ConnectOptions): Promise<Tabs> {
    const tabs = connect(url, { WebSocket, ...options });
    ends.push(() => tabs.close());
    await until('the tab to be open', () => tabs.state === 'open');
    return tabs;
  }

  test('from a gateway killed -9: to another one, in its groups, with what was sent meanwhile', async () => {
    const redis = await startRedis();
    ends.push(() => redis.close());
    const gateways = [
      await startGateway({ REDIS_URL: redis.url }),
      await startGateway({ REDIS_URL: redis.url }),
    ];
    let handshakes = 0;
    /** Gives the handshakes to one gateway after the other, as a load balancer does. */
    class Balanced extends WebSocket {
      constructor(_url: string, protocols: string[]) {
        super(gateways[handshakes++ % gateways.length]!.socketUrl, protocols);
      }
    }
    const getToken = () => tokenFor('ann', { join: ['room/*'] });
    const tabs = await open('ws://balancer.example/ws', { getToken, WebSocket: Balanced });
    const [first, second] = gateways;
    assert.equal(tabs.welcome?.gateway, first!.id);
    await tabs.join('room/7');
    const heard: unknown[] = [];
    tabs.on('news', (text) => heard.push(text));
    await first!.kill('SIGKILL');
    const asked = tabs.request('echo', ['while away']).catch(() => tabs.request('echo', ['while away']));
    assert.equal(await asked, 'while away');
    assert.equal(tabs.welcome?.gateway, second!.id);
    await until('the room', () => tabs.welcome?.groups.includes('room/7'));
    await second!.send({ to: { group: 'room/7' }, action: 'news', details: ['here again'] });
    await until('the news', () => heard.length > 0);
    assert.deepEqual(heard, ['here again']);
  });

  test('with a new token, on the connection that it has', async () => {
    const gateway = await startGateway({ TOKEN_CLOCK_TOLERANCE: '0' });
    const reasons: string[] = [];
    const getToken = (why: string) =>
      tokenFor('ann', { expiresIn: reasons.push(why) === 1 ? 1 : 600, session: `session ${reasons.length}` });
    const tabs = await open(gateway.socketUrl, { getToken });
    const { connection, expires } = tabs.welcome!;
    await until('the refresh', () => tabs.welcome!.expires! > expires! + 100_000);
    assert.deepEqual(reasons, ['connect', 'refresh']);
    assert.equal(tabs.welcome?.connection, connection);
    assert.equal(tabs.welcome?.session, 'session 2');
    assert.equal(await tabs.request('echo', 'still here'), 'still here');
  });

  test('from a network that swallows everything', async () => {
    const gateway = await startGateway();
    const cable = await layCable(gateway.publicPort);
    ends.push(() => cable.close());
    const token = await tokenFor('ann');
    const tabs = await open(`ws://127.0.0.1:${cable.port}/ws`, { token, pingInterval: 200 });
    const { connection } = tabs.welcome!;
    const losses: StateInfo[] = [];
    tabs.onState((state, info) => state === 'waiting' && losses.push(info));
    cable.stall();
    await until('the silence to be noticed', () => losses.length > 0);
    assert.equal(losses[0]!.code, 3000);
    cable.resume();
    await until('the tab to be back', () => tabs.state === 'open');
    assert.notEqual(tabs.welcome?.connection, connection);
  });

  test('not before the gateway has said, where the refusal can be seen', async () => {
    const gateway = await startGateway({ MAX_TABS_PER_ADDRESS: '1' });
    const token = await tokenFor('ann');
    await open(gateway.socketUrl, { token });
    const tabs = connect(gateway.socketUrl, { WebSocket, token });
    ends.push(() => tabs.close());
    const waits: (number | undefined)[] = [];
    tabs.onState((state, { retryIn }) => state === 'waiting' && waits.push(retryIn));
    await until('a refusal', () => waits.length > 0);
    // The shortest Retry-After is a second, and back-off alone stays below it at first.
    assert.ok(waits[0]! >= 1000, `waits ${waits[0]} ms`);
  });
});
