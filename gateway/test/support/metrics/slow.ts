import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Flood } from '../flood.js';
import { GatewayProcess } from '../gateway.js';
import { RawClient, refusedHandshake } from '../raw-client.js';
import { startRedis } from '../redis.js';
import { TestTab, tokenFor } from '../tab.js';
import { type MetricEvent, type Stage, scene } from './scene.js';
import { closed, handshake, limit, readPage } from './series.js';

/** Events that take their time. */

async function stageOf(options: Record<string, string>): Promise<Stage> {
  const gateway = await GatewayProcess.start(options);
  return { gateway, close: () => gateway.kill() };
}

const open = async ({ gateway }: Stage) =>
  TestTab.open(gateway.socketUrl, { token: await tokenFor('ann', { groups: ['prices'] }) });

/** A tab that reads nothing while it is sent to until a series has moved. */
async function pressUntilMoved(
  stage: Stage,
  series: string,
  to: { user: string } | { group: string },
): Promise<() => void> {
  const tab = await open(stage);
  tab.socket.pause();
  const flood = new Flood(stage.gateway);
  const value = async () => (await readPage(stage.gateway)).get(series)!;
  const before = await value();
  while ((await value()) === before) await flood.send(20, to);
  return () => tab.socket.terminate();
}

const slow = scene(
  'tabs that do not read',
  () => stageOf({ MAX_BACKPRESSURE: '262144', STALL_TIMEOUT: '1000', LATEST_CHANNELS: 'group' }),
  [
    [
      { tabcast_drops_total: 'some', [closed('slow')]: 1 },
      (stage) => pressUntilMoved(stage, closed('slow'), { user: 'ann' }),
    ],
    [
      { tabcast_tabs_behind: 1, tabcast_frames_conflated_total: 'some' },
      (stage) => pressUntilMoved(stage, 'tabcast_frames_conflated_total', { group: 'prices' }),
    ],
    [
      { [closed('stalled')]: 1 },
      (stage) => pressUntilMoved(stage, 'tabcast_tabs_behind', { group: 'prices' }),
    ],
  ],
);

const idle = scene(
  'tabs that say nothing, or are of age',
  () => stageOf({ IDLE_TIMEOUT: '8', AUTH_TIMEOUT: '60000', MAX_AGE: '2' }),
  [
    [
      { [closed('idle')]: 1 },
      async ({ gateway }) => {
        // Before the welcome nobody is of age.
        const client = await RawClient.connect(gateway.publicPort);
        client.mute = true;
        await client.closed;
      },
    ],
    [{ [closed('max-age')]: 1 }, async (stage) => (await open(stage)).closed],
  ],
);

const application = fileURLToPath(new URL('../application.js', import.meta.url));

const standstill = scene(
  'a gateway that stands still',
  () => stageOf({ HANDLERS: application, MAX_LAG: '200' }),
  [
    [
      { [limit('lag')]: 1, [handshake('lag')]: 1, [handshake('accepted')]: 1 },
      async (stage) => {
        const tab = await open(stage);
        tab.send('block', [2000]);
        tab.send('echo', [], 1);
        await tab.next('echo');
        await refusedHandshake(stage.gateway.publicPort, {});
        return () => tab.close();
      },
    ],
  ],
);

/** With so many open files a gateway takes 472 connections, see limits/capacity.ts. */
const openFiles = 600;
const crowd = 480;

const crowded = scene('a gateway that may open few files', async () => {
  const gateway = GatewayProcess.launch({}, [], openFiles);
  await gateway.listening();
  return { gateway, close: () => gateway.kill() };
}, [
  [
    { [limit('connections')]: 1 },
    async ({ gateway }) => {
      const sockets: Socket[] = Array.from({ length: crowd }, () => connect(gateway.publicPort, '127.0.0.1'));
      for (const socket of sockets) socket.on('error', () => {});
      await gateway.line(({ msg }) => /^the public port is closed/.test(msg));
      return () => {
        for (const socket of sockets) socket.destroy();
      };
    },
  ],
]);

/** Tabs of the gateway that holds all of them: enough above the mean that some of them move. */
const uneven = 60;

const balanced: MetricEvent<Stage & { startSecond: () => Promise<GatewayProcess> }> = [
  { [closed('moved')]: 'some', tabcast_tabs_shed_total: 'some' },
  async (stage) => {
    const tabs = await Promise.all(Array.from({ length: uneven }, () => open(stage)));
    const second = await stage.startSecond();
    await Promise.any(tabs.map(({ closed: end }) => end));
    return async () => {
      await second.kill();
      for (const { socket } of tabs) socket.terminate();
    };
  },
];

const rebalancing = scene('a gateway with more tabs than another', async () => {
  const redis = await startRedis();
  const start = () => GatewayProcess.start({ REDIS_URL: redis.url, REBALANCE: 'true' });
  const gateway = await start();
  const close = async () => {
    await gateway.kill();
    await redis.close();
  };
  return { gateway, close, startSecond: start };
}, [balanced]);

export const slowScenes = [slow, idle, standstill, crowded, rebalancing];
