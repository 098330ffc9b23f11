import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeMessage } from './message.js';
import { PublishReplies, type Wrapping } from './resp.js';
import { dueAt } from './schedule.js';

/** What to publish. */
export interface PublisherPlan {
  readonly redisPort: number;
  /** How to publish to each channel; messages go to them in turn, and are numbered per channel. */
  readonly commands: readonly Wrapping[];
  readonly messageBytes: number;
  readonly perSecond: number;
  /** How many messages in all. */
  readonly total: number;
}

/** What became of it. */
export interface PublisherReport {
  /** Publications that Redis had no subscriber for. */
  readonly unheard: number;
  /** By how much the publisher fell behind its timetable at worst, ms. */
  readonly behind: number;
}

/**
 * A backend that writes straight to Redis, on schedule and whatever the servers do. On a bare socket: ioredis takes
 * ten times the CPU per publication here, and it would be missing to the tabs on the same core.
 */
export class Publisher {
  /** Publishes everything; resolves when Redis has answered the last, rejects when it refuses one. */
  async publish(plan: PublisherPlan): Promise<PublisherReport> {
    const socket = connect(plan.redisPort, '127.0.0.1').setNoDelay().setEncoding('latin1');
    await once(socket, 'connect');
    const answered = countReplies(socket, plan.total);
    const behind = await writeAll(socket, plan);
    const { unheard } = await answered;
    socket.destroy();
    return { unheard, behind };
  }
}

function countReplies(socket: Socket, total: number): Promise<PublishReplies> {
  const replies = new PublishReplies();
  return new Promise((resolve, reject) => {
    socket.on('data', (text: string) => {
      replies.push(text);
      if (replies.refusal !== undefined) reject(new Error(`Redis refused a message: ${replies.refusal}`));
      if (replies.count === total) resolve(replies);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`Redis hung up after ${replies.count} of ${total} answers`)));
  });
}

/** Writes all commands when they are due. Returns the worst lateness, ms. */
async function writeAll(
  socket: Socket,
  { commands: wrappings, messageBytes, perSecond, total }: PublisherPlan,
) {
  const begin = now();
  let behind = 0;
  for (let index = 0; index < total; ) {
    const due = begin + dueAt(index, perSecond);
    await sleepUntil(due);
    const reached = now();
    behind = Math.max(behind, reached - due);
    let commands = '';
    for (; index < total && begin + dueAt(index, perSecond) <= reached; index++) {
      const stamp = Math.round((begin + dueAt(index, perSecond)) * 1e6);
      const message = encodeMessage(messageBytes, stamp, Math.floor(index / wrappings.length));
      const { head, tail } = wrappings[index % wrappings.length]!;
      commands += head + message + tail;
    }
    socket.write(commands, 'latin1');
  }
  return behind;
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks, because timers are up to a millisecond late; then lets the loop read what Redis has answered. */
async function sleepUntil(instant: number): Promise<void> {
  const ahead = instant - now();
  if (ahead > 0) Atomics.wait(never, 0, 0, ahead);
  await new Promise(setImmediate);
}

/** ms of the clock that all processes share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
