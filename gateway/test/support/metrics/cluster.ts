import { encodeOrder } from '../../../src/broker/envelope.js';
import { Names } from '../../../src/broker/redis/names.js';
import { GatewayProcess } from '../gateway.js';
import { type RedisServer, startRedis } from '../redis.js';
import { TestTab, tokenFor } from '../tab.js';
import { until } from '../until.js';
import { type Stage, scene } from './scene.js';
import { beats, closed, orders, publications, questions, sends } from './series.js';

const names = new Names('tabcast');

interface ClusterStage extends Stage {
  readonly redis: RedisServer;
  /** Another gateway of the cluster. */
  readonly other: GatewayProcess;
}

async function start(): Promise<ClusterStage> {
  const redis = await startRedis();
  const options = { REDIS_URL: redis.url, REDIS_TIMEOUT: '500', REDIS_PROBE_INTERVAL: '100' };
  const limited = { ...options, MAX_TABS_PER_USER: '5' };
  const [gateway, other] = await Promise.all([GatewayProcess.start(limited), GatewayProcess.start(limited)]);
  const know = async (one: GatewayProcess) => (await one.metric('tabcast_gateways')) === 2;
  await until('both to know each other', () => know(gateway));
  const close = async () => {
    await Promise.all([gateway.kill(), other.kill()]);
    await redis.close();
  };
  return { redis, gateway, other, close };
}

const open = async ({ socketUrl }: GatewayProcess, user: string) =>
  TestTab.open(socketUrl, { token: await tokenFor(user) });

/** Publishes to all gateways, as another one would. */
function publish({ redis }: ClusterStage, bytes: Uint8Array): Promise<unknown> {
  return redis.cli('PUBLISH', names.channel('gateways'), Buffer.from(bytes));
}

const cluster = scene('two gateways and their Redis', start, [
  [
    { [orders('unknown')]: 1, [publications('gateways')]: 1 },
    (stage) => publish(stage, encodeOrder({ kind: 'of a newer gateway' })),
  ],
  [
    { [orders('malformed')]: 1, [publications('gateways')]: 1 },
    (stage) => publish(stage, encodeOrder({ kind: 'close', code: 1000 })),
  ],
  [{ tabcast_unreadable_envelopes_total: 1 }, (stage) => publish(stage, Buffer.from([99, 1, 2, 3]))],
  [
    {
      [questions('incomplete')]: 1,
      tabcast_seats_unsure_total: 1,
      [orders('seat')]: 1,
      [orders('answer')]: 1,
    },
    async ({ gateway, other }) => {
      const elsewhere = await open(other, 'ann');
      process.kill(other.pid, 'SIGSTOP');
      const here = await open(gateway, 'ann');
      return async () => {
        process.kill(other.pid, 'SIGCONT');
        await Promise.all([elsewhere.close(), here.close()]);
      };
    },
  ],
  [
    { tabcast_gateways: -1, [beats('succeeded')]: 'some', tabcast_broker_round_trip_seconds_count: 'some' },
    ({ other }) => other.kill('SIGTERM'),
  ],
  [
    { [sends('history-full')]: 1 },
    async ({ gateway, redis }) => {
      await redis.config('maxmemory', '1');
      await gateway.send({ to: { user: 'ann' }, action: 'x' });
      return () => redis.config('maxmemory', '0');
    },
  ],
  [
    { [sends('unknown')]: 1 },
    async ({ gateway, redis }) => {
      redis.stop();
      await gateway.send({ to: { user: 'ann' }, action: 'x' });
      return () => redis.cont();
    },
  ],
  [
    {
      ...{ tabcast_broker_losses_total: 1, tabcast_broker_live: -1, tabcast_degraded: 1 },
      ...{ [sends('unavailable')]: 1, [beats('failed')]: 'some' },
    },
    async ({ redis, gateway }) => {
      await redis.kill();
      await until('the loss to be noticed', async () => (await gateway.metric('tabcast_broker_live')) === 0);
      await gateway.send({ to: { user: 'ann' }, action: 'x' });
    },
  ],
]);

/** Long enough that the page is read meanwhile. */
const drainWindow = 5000;

const draining = scene('a gateway that leaves', async () => {
  const gateway = await GatewayProcess.start({ DRAIN_WINDOW: String(drainWindow) });
  return { gateway, close: () => gateway.kill() };
}, [
  [
    {
      ...{ [orders('drain')]: 1, [publications('gateway')]: 1, [closed('shutdown')]: 2 },
      ...{ tabcast_drain_remaining: 2, tabcast_drain_progress_ratio: 0.5 },
    },
    async ({ gateway }) => {
      await Promise.all(['ann', 'bob', 'cid', 'dan'].map((user) => open(gateway, user)));
      await gateway.api(`/v1/nodes/${gateway.id}/drain`, { method: 'POST' });
    },
  ],
]);

export const clusterScenes = [cluster, draining];
