/**
 * `npm run keep -w loadtest`: how many sends one Redis core carries when it keeps them, beside how many it carries when it
 * does not. Redis has a core for itself, and is asked for more than it can do.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { type Spread, spread } from '../books/figures.js';
import { encodeText, usualTextBytes } from '../books/message.js';
import { align } from '../report/format.js';
import { forgetting, keepingAt } from '../sending/keeping.js';
import type { Wrapping } from '../sending/plan.js';
import { Replies } from '../sending/replies.js';
import { cpuMicros } from '../servers/cpu.js';
import { serverCore, takeLoadCore } from '../servers/program.js';
import { RedisServer } from '../servers/redis.js';
import { positive, runCommand } from './command.js';

const usage = `usage: npm run keep -w loadtest -- [options]
  --rounds <n>      how often each is measured (3)
  --sends <n>       in each round (400000)
  --channels <n>    to which they go in turn (1000)`;

/** Commands that wait for their answers, at most: enough that Redis never waits for us. */
const window = 2000;

/** Commands in one write. */
const batch = 200;

interface Plan {
  readonly rounds: number;
  readonly sends: number;
  readonly channels: number;
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      sends: { type: 'string', default: '400000' },
      channels: { type: 'string', default: '1000' },
    },
  });
  return {
    rounds: positive('rounds', values.rounds),
    sends: positive('sends', values.sends),
    channels: positive('channels', values.channels),
  };
}

interface Rate {
  /** Sends per second. */
  readonly rate: number;
  /** Of Redis, per send, µs. */
  readonly cpu: number;
}

/** Sends the commands in turn as fast as Redis takes them. */
async function saturate(redis: RedisServer, commands: readonly string[], sends: number): Promise<Rate> {
  const socket = connect(redis.port, '127.0.0.1').setNoDelay().setEncoding('latin1');
  await once(socket, 'connect');
  const begin = { cpu: cpuMicros(redis.pid), at: performance.now() };
  const replies = await exchange(socket, commands, sends);
  const seconds = (performance.now() - begin.at) / 1000;
  socket.destroy();
  if (replies.refusal !== undefined) throw new Error(`Redis refused: ${replies.refusal}`);
  return { rate: sends / seconds, cpu: (cpuMicros(redis.pid) - begin.cpu) / sends };
}

function exchange(socket: Socket, commands: readonly string[], sends: number): Promise<Replies> {
  const replies = new Replies('redis');
  const stream = replies.stream();
  let sent = 0;
  const write = () => {
    while (sent < sends && sent - replies.count < window) {
      let text = '';
      for (const end = Math.min(sent + batch, sends); sent < end; sent++)
        text += commands[sent % commands.length];
      socket.write(text, 'latin1');
    }
  };
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (text: string) => {
      stream.push(text);
      if (replies.count >= sends) resolve(replies);
      else write();
    });
    write();
  });
}

async function commandsFor(redis: RedisServer, { channels }: Plan): Promise<Record<string, string[]>> {
  const text = encodeText(usualTextBytes, { stamp: 0, stream: 0, number: 0 });
  const names = Array.from({ length: channels }, (_, index) => `user:u${index}`);
  const whole = ({ head, tail }: Wrapping) => head + text + tail;
  const keeping = await keepingAt(redis, usualTextBytes);
  return {
    'not kept': names.map((name) => whole(forgetting(name, usualTextBytes))),
    kept: names.map((name) => whole(keeping(name))),
  };
}

function line(name: string, rates: readonly Rate[]): string[] {
  const of = ({ median, min, max }: Spread, digits: number) =>
    [median, min, max].map((figure) => figure.toFixed(digits));
  const [rate, slowest, fastest] = of(spread(rates.map((one) => one.rate / 1000)), 0);
  const [cpu, least, most] = of(spread(rates.map((one) => one.cpu)), 2);
  return [name, `${rate} (${slowest}–${fastest})`, `${cpu} (${least}–${most})`];
}

await runCommand(usage, readPlan, async (plan) => {
  takeLoadCore();
  const redis = await RedisServer.start(serverCore);
  const commands = Object.entries(await commandsFor(redis, plan));
  const rates = new Map<string, Rate[]>(commands.map(([name]) => [name, []]));
  for (let round = 0; round < plan.rounds; round++)
    for (const [name, texts] of commands) rates.get(name)!.push(await saturate(redis, texts, plan.sends));
  await redis.stop();
  const lines = [...rates].map(([name, measured]) => line(name, measured));
  console.log(align([['sends that are', 'thousand per s', 'µs of Redis each'], ...lines]).join('\n'));
});
