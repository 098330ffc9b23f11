import { setTimeout as sleep } from 'node:timers/promises';
import { ApiLanes } from './api-lanes.js';
import { Pipeline } from './pipeline.js';
import type { SendPlan, SendProgress, SendReport } from './plan.js';
import { dueAt, shareOf } from './schedule.js';
import { sendItself } from './self.js';
import type { Way } from './way.js';

/** A backend that sends on schedule, whatever the servers do: an open loop. */
export class Sender {
  #sent = 0;
  #behind = 0;
  #stopped = false;

  /** Sends everything; resolves when the last is answered. Rejects when the server takes nothing of it. */
  async send(plan: SendPlan): Promise<SendReport> {
    const { way: to, streams, textBytes } = plan;
    if (to.kind === 'self') return sendItself(to, plan);
    const way: Way = to.kind === 'api' ? new ApiLanes(to, textBytes) : new Pipeline(to, textBytes);
    try {
      await way.open();
      const behind = await this.#sendAll(way, plan);
      const outcome = await way.settle();
      const each = (count: (stream: number) => number) =>
        Array.from({ length: streams }, (_, stream) => count(stream));
      const sent = each((stream) => shareOf(stream, streams, this.#sent));
      return { refused: each(() => 0), unheard: 0, repeated: 0, ...outcome, sent, behind };
    } finally {
      way.close();
    }
  }

  /** How far it is. */
  progress(): SendProgress {
    const behind = this.#behind;
    this.#behind = 0;
    return { sent: this.#sent, behind };
  }

  /** Sends nothing that is not yet due; `send` then comes to its end. */
  stop(): void {
    this.#stopped = true;
  }

  /** Gives everything to the way when it is due. Returns the worst lateness, ms. */
  async #sendAll(way: Way, { streams, perSecond, total }: SendPlan): Promise<number> {
    const begin = now();
    let worst = 0;
    while (this.#sent < total && !this.#stopped) {
      const due = begin + dueAt(this.#sent, perSecond);
      await this.#sleepUntil(due);
      const reached = now();
      worst = Math.max(worst, reached - due);
      this.#behind = Math.max(this.#behind, reached - due);
      for (let at = due; this.#sent < total && at <= reached; at = begin + dueAt(this.#sent, perSecond)) {
        const number = Math.floor(this.#sent / streams);
        way.take({ stamp: Math.round(at * 1e6), stream: this.#sent % streams, number });
        this.#sent++;
      }
      way.flush();
      // undici writes to a connection that was idle in the next turn only, and we would sleep first.
      await turn();
    }
    return worst;
  }

  /** Returns early when it is stopped. Answers are read meanwhile; only the end blocks, because timers are late. */
  async #sleepUntil(instant: number): Promise<void> {
    for (let ahead = instant - now(); ahead > lateness; ahead = instant - now()) {
      if (this.#stopped) return;
      await sleep(Math.min(nap, ahead - lateness));
    }
    Atomics.wait(never, 0, 0, Math.max(0, instant - now()));
    await turn();
  }
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Longest sleep in one piece, ms: who wants to stop the sender is heard so often. */
const nap = 50;

/** By how much a timer may be late, ms. */
const lateness = 3;

/** Lets the loop read and write once. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** ms of the clock that all processes of a machine share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
