import { Bucket, type Flow } from './bucket.js';

/** Longest time that anyone is sent away for, in seconds. */
const longestWait = 10;

/**
 * Lets a storm of newcomers in at a steady pace: as many as the bucket has tokens for; all others are told in how many
 * seconds to come back. Each of them gets a place of its own in the seconds to come, as many to a second as may pass in
 * one, so that those who obey are let in when they return. A storm that would take longer than ten seconds is spread
 * over these by chance. It owns no timer: the time is passed in, in ms of a steady clock.
 */
export class HandshakeRate {
  readonly #bucket: Bucket;
  readonly #interval: number;
  readonly #random: () => number;
  /** When the last of those who were sent away may pass. */
  #lastPlace: number;

  /** @param random as Math.random */
  constructor(flow: Flow, now: number, random: () => number) {
    this.#bucket = new Bucket(flow, now);
    this.#interval = 1000 / flow.rate;
    this.#random = random;
    this.#lastPlace = now;
  }

  /** Whether one may pass. */
  isOpen(now: number): boolean {
    return this.#bucket.has(1, now);
  }

  /** Takes a token, and says whether there was one. */
  pass(now: number): boolean {
    return this.#bucket.take(1, now);
  }

  /** In how many seconds one who may not pass is to come back: 1 to 10. */
  wait(now: number): number {
    const place = Math.max(this.#lastPlace, now) + this.#interval;
    if (place > now + longestWait * 1000) return anyWait(this.#random);
    this.#lastPlace = place;
    return Math.ceil((place - now) / 1000);
  }
}

/** A number of seconds, 1 to 10, that spreads those who are sent away at the same time. */
export function anyWait(random: () => number): number {
  return 1 + Math.floor(random() * longestWait);
}
