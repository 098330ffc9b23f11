import { randomBytes } from 'node:crypto';
import { OutcomeUnknown } from '../broker.js';

/** How long Redis may be silent, or a new listen connection without progress, before sockets are given up, in ms. */
const patience = 10_000;

/**
 * `deaf`: Redis answers, but what we publish to ourselves does not arrive, or by way of another Redis: a replica passes on what
 * its master publishes, but whoever listens there is counted by nobody. `gone`: Redis has not answered for long.
 * A short silence is `well`: Redis may be busy, and whoever keeps his sockets loses nothing when it goes on.
 */
export type Verdict = 'well' | 'deaf' | 'gone';

/** Judges the connections by what became of the probes. Times are milliseconds of any steady clock. */
export class Diagnosis {
  readonly #interval: number;
  #looked: number;
  /** Since when Redis owes the answer to a probe. */
  #silentSince: number | undefined;
  /** Since when a probe was answered without being heard. */
  #unheardSince: number | undefined;
  #lost = false;

  /** @param interval time between two looks, in ms */
  constructor(interval: number, now: number) {
    this.#interval = interval;
    this.#looked = now;
  }

  /** Redis answered a probe. `lost` when it was written to nobody although we were subscribed. */
  answered(lost: boolean, now: number): void {
    this.#silentSince = undefined;
    this.#unheardSince ??= now;
    this.#lost = lost;
  }

  /** Redis did not answer a probe in time. */
  unanswered(now: number): void {
    this.#silentSince ??= now;
  }

  /** A probe came in. */
  heard(): void {
    this.#unheardSince = undefined;
  }

  /** The listen connection got ahead on its way to be subscribed. */
  progressed(): void {
    this.#unheardSince = undefined;
    this.#lost = false;
  }

  /** Called once per interval. After a verdict its remedy gets time to work. */
  look(now: number, subscribed: boolean): Verdict {
    const late = now - this.#looked > 2 * this.#interval;
    this.#looked = now;
    // Our own process was held up: what it waits for may well lie in the socket.
    if (late) this.progressed();
    if (this.#silentSince !== undefined) return this.#lookAtSilence(this.#silentSince, now);
    const deaf = (subscribed && this.#lost) || this.#unheard(now, subscribed ? 2 * this.#interval : patience);
    if (deaf) this.progressed();
    return deaf ? 'deaf' : 'well';
  }

  #lookAtSilence(since: number, now: number): Verdict {
    if (now - since < patience) return 'well';
    this.#silentSince = now;
    return 'gone';
  }

  #unheard(now: number, limit: number): boolean {
    return this.#unheardSince !== undefined && now - this.#unheardSince >= limit;
  }
}

/** What a probe examines, and how it heals. */
export interface Patient {
  /** Whether a probe can be sent. */
  readonly connected: boolean;
  /** Whether a probe should be heard. */
  readonly subscribed: boolean;
  /** Publishes a text to ourselves; resolves with how many received it. */
  publish(text: string): Promise<number>;
  /** The listen connection is deaf. */
  replaceListen(): void;
  /** No connection is of use. */
  replaceBoth(): void;
  /** A probe came back after this time, in seconds. */
  roundTrip(seconds: number): void;
}

/** Publishes to ourselves again and again. A connection may be open and still carry nothing; only this finds out. */
export class Probe {
  readonly #interval: number;
  readonly #patient: Patient;
  /** Tells our probes from those of a process that had our name before. */
  readonly #nonce = randomBytes(6).toString('hex');
  #diagnosis: Diagnosis;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;
  #sentAt = 0;
  #arrived = '';
  #underWay = false;

  /** @param interval time between two probes, in ms */
  constructor(interval: number, patient: Patient) {
    this.#interval = interval;
    this.#patient = patient;
    this.#diagnosis = new Diagnosis(interval, performance.now());
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), this.#interval);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The command connection was made: what was seen before means nothing now. */
  begin(): void {
    this.#diagnosis = new Diagnosis(this.#interval, performance.now());
    this.send();
  }

  /** Sends a probe now, unless one is under way. */
  send(): void {
    if (this.#underWay || !this.#patient.connected) return;
    this.#underWay = true;
    this.#count++;
    this.#sentAt = performance.now();
    void this.#follow(this.#text);
  }

  /** A probe came in. */
  arrived(text: string): void {
    this.#arrived = text;
    this.#diagnosis.heard();
    if (text === this.#text) this.#patient.roundTrip((performance.now() - this.#sentAt) / 1000);
  }

  /** The listen connection got ahead on its way to be subscribed. */
  progressed(): void {
    this.#diagnosis.progressed();
  }

  get #text(): string {
    return `${this.#nonce}-${this.#count}`;
  }

  #tick(): void {
    if (!this.#patient.connected) return;
    const verdict = this.#diagnosis.look(performance.now(), this.#patient.subscribed);
    if (verdict === 'deaf') this.#patient.replaceListen();
    if (verdict === 'gone') this.#patient.replaceBoth();
    this.send();
  }

  async #follow(text: string): Promise<void> {
    const { subscribed } = this.#patient;
    try {
      const receivers = await this.#patient.publish(text);
      this.#diagnosis.answered(subscribed && receivers === 0, performance.now());
      if (this.#arrived === text) this.#diagnosis.heard();
    } catch (error) {
      const silent = error instanceof OutcomeUnknown && this.#patient.connected;
      if (silent) this.#diagnosis.unanswered(performance.now());
    } finally {
      this.#underWay = false;
    }
  }
}
