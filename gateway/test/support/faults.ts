import assert from 'node:assert/strict';
import type { GatewayProcess } from './gateway.js';
import type { Scene } from './scene.js';

/** A fault: begins when called, and ends when told so where it lasts. */
export interface Fault<Of = Scene> {
  readonly name: string;
  begin(scene: Of): Promise<unknown> | unknown;
  end?(scene: Of): Promise<unknown> | unknown;
  /** Longest time between the two, in ms; 0 for what is over at once. */
  readonly longest: number;
}

/** Faults by what they happen to. */
export type Places<Of = Scene> = Readonly<Record<string, readonly Fault<Of>[]>>;

/** What every scene has, whatever Redis it is on. */
export type Inhabited = Pick<Scene, 'cluster'>;

/** What happens to gateways and tabs, whatever Redis they are on. */
export const inhabitants: Places<Inhabited> = {
  gateways: ([0, 1] as const).flatMap((index) => [
    {
      ...{ name: `${index} is killed`, longest: 800 },
      begin: ({ cluster }: Inhabited) => cluster.gateways[index].kill(),
      end: ({ cluster }: Inhabited) => cluster.restartGateway(index),
    },
    {
      ...{ name: `${index} leaves`, longest: 800 },
      begin: ({ cluster }: Inhabited) => leave(cluster.gateways[index]),
      end: ({ cluster }: Inhabited) => cluster.restartGateway(index),
    },
    {
      ...{ name: `${index} is frozen`, longest: 2000 },
      begin: ({ cluster }: Inhabited) => process.kill(cluster.gateways[index].pid, 'SIGSTOP'),
      end: ({ cluster }: Inhabited) => process.kill(cluster.gateways[index].pid, 'SIGCONT'),
    },
  ]),
  tabs: [
    ...[0, 1, 2, 3].map((index) => ({
      ...{ name: `${index} reads nothing`, longest: 2500 },
      begin: ({ cluster }: Inhabited) => cluster.tabs[index]!.connection.socket.pause(),
      end: ({ cluster }: Inhabited) => cluster.tabs[index]!.connection.socket.resume(),
    })),
    ...[0, 1, 2, 3].map((index) => over(`${index} drops`, ({ cluster }) => cluster.tabs[index]!.drop())),
    over('all drop', ({ cluster }) => {
      for (const tab of cluster.tabs) tab.drop();
    }),
  ],
};

/**
 * Faults by what they happen to, on a single Redis. Of one place there is one at a time, since a Redis that is frozen answers nobody; those of
 * different places overlap.
 */
export const places: Places = {
  redis: [
    over('saves what it has', ({ cluster }) => cluster.redis.cli('SAVE')),
    over('is killed and restarted', ({ cluster }) => cluster.redis.restart()),
    {
      ...{ name: 'is away', longest: 1500 },
      begin: ({ cluster }) => cluster.redis.kill(),
      end: ({ cluster }) => cluster.redis.restart(),
    },
    {
      ...{ name: 'is frozen', longest: 2500 },
      begin: ({ cluster }) => cluster.redis.stop(),
      end: ({ cluster }) => cluster.redis.cont(),
    },
    {
      ...{ name: 'is full', longest: 800 },
      begin: ({ cluster }) => cluster.redis.config('maxmemory', '1'),
      end: ({ cluster }) => cluster.redis.config('maxmemory', '0'),
    },
    {
      ...{ name: 'is a replica', longest: 600 },
      begin: ({ cluster }) => cluster.redis.cli('REPLICAOF', '127.0.0.1', '1'),
      end: ({ cluster }) => cluster.redis.cli('REPLICAOF', 'NO', 'ONE'),
    },
    over('cuts off all subscribers', ({ cluster }) => cluster.redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub')),
    over('finds all subscribers too slow', ({ cluster }) => cluster.redis.floodSubscribers()),
    over('cuts off all that ask', ({ cluster }) => cluster.redis.cli('CLIENT', 'KILL', 'TYPE', 'normal')),
    over('cuts off everybody', ({ cluster }) => cluster.redis.cutOff()),
    over('forgets its scripts', ({ cluster }) => cluster.redis.cli('SCRIPT', 'FLUSH')),
    over('forgets everything', ({ cluster }) => cluster.redis.cli('FLUSHALL')),
    over('forgets all heads', ({ cluster }) => cluster.redis.forget('*:h:*')),
    over('forgets all histories', ({ cluster }) => cluster.redis.forget('*:k:*')),
  ],
  cable: [
    {
      ...{ name: 'is cut', longest: 2000 },
      begin: ({ cable }) => cable.cut(),
      end: ({ cable }) => cable.heal(),
    },
    {
      ...{ name: 'holds everything', longest: 2500 },
      begin: ({ cable }) => cable.stall(),
      end: ({ cable }) => cable.resume(),
    },
    {
      ...{ name: 'is slow', longest: 1500 },
      begin: ({ cable }) => cable.delay(100),
      end: ({ cable }) => cable.delay(0),
    },
    over('swallows what is published', ({ cable }) => cable.swallow(':listen')),
    over('swallows answers', ({ cable }) => cable.swallow(':command')),
  ],
  ...inhabitants,
};

/** A fault that is over at once. */
export function over<Of = Scene>(name: string, begin: Fault<Of>['begin']): Fault<Of> {
  return { name, begin, longest: 0 };
}

async function leave(gateway: GatewayProcess): Promise<void> {
  await gateway.kill('SIGTERM');
  assert.equal(await gateway.exited(), 0);
  assert.deepEqual(gateway.complaints, []);
}
