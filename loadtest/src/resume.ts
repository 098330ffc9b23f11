/**
 * `npm run resume -w loadtest`: tabs that were away come back all at once and get what they have missed, while others on the
 * same gateway get what is sent to them. The gateway has a core for itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { positive, runCommand } from './command.js';
import { cpuMicros } from './cpu.js';
import { percentile, type Spread, spread } from './figures.js';
import { Fleets } from './fleets.js';
import { keepingAt, positionOf, publishing } from './keeping.js';
import type { Losses } from './ledger.js';
import { takeLoadCore } from './program.js';
import type { Publisher } from './publisher.js';
import { RedisServer } from './redis.js';
import { align } from './report.js';
import { type Server, startGateway } from './server.js';
import type { TabPlan } from './tab.js';
import { Worker } from './worker.js';
import { messageBytes } from './workload.js';

const usage = `usage: npm run resume -w loadtest -- [options]
  --rounds <n>       how often, each with a fresh gateway (3)
  --tabs <n>         tabs that come back (5000)
  --per-second <n>   how many of them come per second, at most (as fast as they can)
  --missed <n>       messages that each of them has missed (20)
  --live <n>         tabs that were there all the time (200)
  --sends <n>        messages per second to these, one each in turn (2000)`;

/** How long the live tabs are observed before the others come, s. */
const calm = 4;

/** How long messages go to the live tabs in all, s. */
const whole = 14;

interface Plan {
  readonly rounds: number;
  readonly tabs: number;
  readonly perSecond: number;
  readonly missed: number;
  readonly live: number;
  readonly sends: number;
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      tabs: { type: 'string', default: '5000' },
      'per-second': { type: 'string', default: '1000000' },
      missed: { type: 'string', default: '20' },
      live: { type: 'string', default: '200' },
      sends: { type: 'string', default: '2000' },
    },
  });
  return {
    rounds: positive('rounds', values.rounds),
    tabs: positive('tabs', values.tabs),
    perSecond: positive('per-second', values['per-second']),
    missed: positive('missed', values.missed),
    live: positive('live', values.live),
    sends: positive('sends', values.sends),
  };
}

interface Result {
  /** From the first handshake to the last message that was missed, s. */
  readonly seconds: number;
  /** Of the gateway, per tab that came back, ms. */
  readonly cpu: number;
  /** Latency of the messages to live tabs before the others came, and while they did, ms. */
  readonly before: number;
  readonly during: number;
  readonly losses: Losses;
}

/** Tabs that come back before anything is measured: a gateway that has just been started is slower than it will be. */
const warmUp = 1000;

/** Sends what will have been missed; returns a tab for each user that stands before it. */
async function miss(
  server: Server,
  redis: RedisServer,
  publisher: Worker<Publisher>,
  { name, tabs, missed }: { name: string; tabs: number; missed: number },
) {
  const users = Array.from({ length: tabs }, (_, tab) => `${name}${tab}`);
  const channels = users.map((user) => `user:${user}`);
  const positions = await Promise.all(channels.map((channel) => positionOf(redis, channel)));
  const everyones: Record<string, string> = {};
  for (const channel of ['all', 'registered']) everyones[channel] = await positionOf(redis, channel);
  const keeping = await keepingAt(redis, messageBytes);
  await publisher.ask('publish', {
    ...{ redisPort: redis.port, commands: channels.map(keeping), messageBytes },
    ...{ perSecond: 20_000, total: tabs * missed },
  });
  return users.map((user, index): TabPlan => {
    const { path, protocols } = server.tab(user);
    const resume = {
      action: 'sys/resume',
      details: [{ ...everyones, [channels[index]!]: positions[index] }],
    };
    return { path, protocols: [...protocols, 'tabcast.resume'], first: JSON.stringify(resume) };
  });
}

async function measure(plan: Plan, redis: RedisServer): Promise<Result> {
  const server = await startGateway(redis.port);
  const [live, back] = [new Fleets(), new Fleets()];
  const publisher = new Worker<Publisher>('./publisher-process.js');
  const opening = { port: server.port, messageBytes, inFlight: 500 };
  try {
    const warming = new Fleets();
    const early = await miss(server, redis, publisher, { ...plan, name: 'early', tabs: warmUp });
    await warming.open({ ...opening, perSecond: 1000, tabs: early });
    warming.stop();
    const tabs = await miss(server, redis, publisher, { ...plan, name: 'away' });
    const users = Array.from({ length: plan.live }, (_, tab) => `live${tab}`);
    await live.open({
      ...opening,
      sampleEvery: 1,
      perSecond: 2000,
      tabs: users.map((user) => server.tab(user)),
    });
    const commands = await publishing(
      redis,
      users.map((user) => `user:${user}`),
      messageBytes,
      true,
    );
    const total = plan.sends * whole;
    const published = publisher.ask('publish', {
      ...{ redisPort: redis.port, commands, messageBytes, perSecond: plan.sends, total },
    });
    await sleep(1000);
    await live.read();
    await sleep(calm * 1000);
    const before = percentile((await live.read()).latencies, 99);
    const [begun, cpu] = [performance.now(), cpuMicros(server.pid)];
    await back.open({ ...opening, perSecond: plan.perSecond, tabs });
    while ((await back.read()).received < plan.tabs * plan.missed) {
      if (performance.now() - begun > 60_000) break;
      await sleep(10);
    }
    const seconds = (performance.now() - begun) / 1000;
    const used = cpuMicros(server.pid) - cpu;
    const during = percentile((await live.read()).latencies, 99);
    await published;
    const losses = [
      await back.settle(tabs.map(() => plan.missed)),
      await settled(live, users.length, total),
    ] as const;
    return {
      ...{ seconds, before, during, cpu: used / 1000 / plan.tabs },
      losses: {
        lost: losses[0].lost + losses[1].lost,
        doubled: losses[0].doubled + losses[1].doubled,
        late: losses[0].late + losses[1].late,
      },
    };
  } finally {
    publisher.stop();
    for (const fleets of [live, back]) fleets.stop();
    await server.stop();
  }
}

/** Balances the ledger of live tabs when the last message has had its time. */
async function settled(live: Fleets, tabs: number, total: number): Promise<Losses> {
  await sleep(1000);
  return live.settle(Array.from({ length: tabs }, (_, tab) => Math.ceil((total - tab) / tabs)));
}

function line(name: string, { median, min, max }: Spread): string[] {
  return [name, `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`];
}

await runCommand(usage, readPlan, async (plan) => {
  takeLoadCore();
  const redis = await RedisServer.start();
  const results: Result[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    await redis.command('FLUSHALL');
    results.push(await measure(plan, redis));
  }
  await redis.stop();
  const of = (figure: (result: Result) => number) => spread(results.map(figure));
  console.log(
    align([
      ['of the rounds', 'median (least–most)'],
      line(
        'until all have everything, s',
        of(({ seconds }) => seconds),
      ),
      line(
        'gateway per tab that comes back, ms',
        of(({ cpu }) => cpu),
      ),
      line(
        'p99 of live tabs before, ms',
        of(({ before }) => before),
      ),
      line(
        'p99 of live tabs meanwhile, ms',
        of(({ during }) => during),
      ),
      line(
        'lost',
        of(({ losses }) => losses.lost),
      ),
      line(
        'doubled or late',
        of(({ losses }) => losses.doubled + losses.late),
      ),
    ]).join('\n'),
  );
});
