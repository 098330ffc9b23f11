import type { Positions } from '@tabcast/shared';
import { type Cable, layCable } from '../cable.js';
import { GatewayProcess } from '../gateway.js';
import { type RedisServer, startRedis } from '../redis.js';
import { TestTab, tokenFor } from '../tab.js';
import { until } from '../until.js';
import { type Stage, scene } from './scene.js';
import { catchUps, entries, gaps, readPage, resumes } from './series.js';

interface CableStage extends Stage {
  readonly redis: RedisServer;
  /** Between the gateway and Redis. */
  readonly cable: Cable;
}

const open = async ({ gateway }: Stage, resume?: Positions) => {
  const token = await tokenFor('ann', { groups: ['blue'] });
  return TestTab.open(gateway.socketUrl, { token, ...(resume && { resume }) });
};

async function start(): Promise<CableStage> {
  const redis = await startRedis();
  const cable = await layCable(redis.port);
  const gateway = await GatewayProcess.start({ REDIS_URL: `redis://127.0.0.1:${cable.port}` });
  const close = async () => {
    await gateway.kill();
    await cable.close();
    await redis.close();
  };
  return { gateway, redis, cable, close };
}

const sendsOf = (...actions: string[]) => actions.map((action) => ({ to: { user: 'ann' }, action }));

const missing = scene('a gateway that has missed something', start, [
  [
    // The sweep may want to read in the moment in which the gateway connects anew.
    { [catchUps('filled')]: 1, [entries('gateway')]: 3, [catchUps('failed')]: 'perhaps' },
    async (stage) => {
      const tab = await open(stage);
      stage.cable.swallow(':listen');
      await stage.gateway.send(sendsOf('one', 'two', 'three'));
      await tab.next('three');
      return () => tab.close();
    },
  ],
  [
    {
      ...Object.fromEntries(['all', 'registered', 'user', 'group'].map((kind) => [gaps(kind), 1])),
      ...{ [catchUps('lost')]: 4, [catchUps('failed')]: 'some' },
    },
    async (stage) => {
      const tab = await open(stage);
      const failed = async () => (await readPage(stage.gateway)).get(catchUps('failed'))!;
      const before = await failed();
      await stage.redis.kill();
      await until('a reading to fail', async () => (await failed()) > before);
      await stage.redis.restart();
      return () => tab.close();
    },
  ],
]);

const resuming = scene('tabs that resume', async () => {
  const gateway = await GatewayProcess.start();
  return { gateway, close: () => gateway.kill() };
}, [
  [
    { [resumes('recovered')]: 1, [resumes('lost')]: 2, [entries('tab')]: 3 },
    async (stage) => {
      const tab = await open(stage);
      const { positions } = await tab.welcome();
      await stage.gateway.send(sendsOf('one', 'two', 'three'));
      const resume = { 'user:ann': positions!['user:ann']!, all: '1-1', registered: '1-1' };
      const back = await open(stage, resume);
      await back.next('three');
      return () => Promise.all([tab.close(), back.close()]);
    },
  ],
]);

export const historyScenes = [missing, resuming];
