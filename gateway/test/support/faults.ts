import assert from 'node:assert/strict';
import type { GatewayProcess } from './gateway.js';
import type { Scene } from './scene.js';

/** A fault: begins when called, and returns how it ends where it lasts. */
export interface Fault {
  readonly name: string;
  begin(scene: Scene): Promise<unknown> | unknown;
  end?(scene: Scene): Promise<unknown> | unknown;
  /** Longest time between the two, in ms; 0 for what is over at once. */
  readonly longest: number;
}

/**
 * Faults by what they happen to. Of one place there is one at a time, since a Redis that is frozen answers nobody; those of
 * different places overlap.
 */
export const places: Readonly<Record<string, readonly Fault[]>> = {
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
  gateways: ([0, 1] as const).flatMap((index) => [
    {
      ...{ name: `${index} is killed`, longest: 800 },
      begin: ({ cluster }: Scene) => cluster.gateways[index].kill(),
      end: ({ cluster }: Scene) => cluster.restartGateway(index),
    },
    {
      ...{ name: `${index} leaves`, longest: 800 },
      begin: ({ cluster }: Scene) => leave(cluster.gateways[index]),
      end: ({ cluster }: Scene) => cluster.restartGateway(index),
    },
    {
      ...{ name: `${index} is frozen`, longest: 2000 },
      begin: ({ cluster }: Scene) => process.kill(cluster.gateways[index].pid, 'SIGSTOP'),
      end: ({ cluster }: Scene) => process.kill(cluster.gateways[index].pid, 'SIGCONT'),
    },
  ]),
  tabs: [
    ...[0, 1, 2, 3].map((index) => ({
      ...{ name: `${index} reads nothing`, longest: 2500 },
      begin: ({ cluster }: Scene) => cluster.tabs[index]!.connection.socket.pause(),
      end: ({ cluster }: Scene) => cluster.tabs[index]!.connection.socket.resume(),
    })),
    ...[0, 1, 2, 3].map((index) => over(`${index} drops`, ({ cluster }) => cluster.tabs[index]!.drop())),
    over('all drop', ({ cluster }) => {
      for (const tab of cluster.tabs) tab.drop();
    }),
  ],
};

async function leave(gateway: GatewayProcess): Promise<void> {
  await gateway.kill('SIGTERM');
  assert.equal(await gateway.exited(), 0);
  assert.deepEqual(gateway.complaints, []);
}

function over(name: string, begin: Fault['begin']): Fault {
  return { name, begin, longest: 0 };
}
