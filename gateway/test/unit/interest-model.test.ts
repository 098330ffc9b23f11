import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Batch, Interest } from '../../src/broker/redis/interest.js';

const linger = 1000;

/** A small repeatable generator: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** An interest beside a Redis that does what it is told, or refuses it, or is lost. */
class Life {
  readonly #interest = new Interest(linger);
  readonly #wanted = new Set<string>();
  readonly #subscribed = new Set<string>();
  readonly #roll: (sides: number) => number;
  #underWay: Batch | undefined;
  #now = 0;

  constructor(seed: number) {
    this.#roll = dice(seed);
  }

  /** Does one thing of many. */
  step(): void {
    const name = `${this.#roll(6)}`;
    const choice = this.#roll(26);
    if (choice < 5) this.#want(name);
    else if (choice < 10) this.#unwant(name);
    else if (choice < 15) this.#ask();
    else if (choice < 20) this.#answer();
    else if (choice < 25) this.#now += this.#roll(linger);
    else this.#lose();
  }

  /** Comes to rest: asks until there is nothing to ask for. */
  rest(): void {
    do {
      this.#answer();
      this.#now += linger;
      this.#ask();
    } while (this.#underWay !== undefined);
  }

  /** What is wanted and not heard, although the interest believes that all is done. */
  get unheard(): string[] {
    if (!this.#interest.complete || this.#underWay !== undefined) return [];
    return [...this.#wanted].filter((name) => !this.#subscribed.has(name));
  }

  /** What is heard and not wanted. */
  get unwanted(): string[] {
    return [...this.#subscribed].filter((name) => !this.#wanted.has(name));
  }

  #want(name: string): void {
    this.#wanted.add(name);
    this.#interest.want(name, name).catch(assert.fail);
  }

  #unwant(name: string): void {
    this.#wanted.delete(name);
    this.#interest.unwant(name, this.#now);
  }

  #ask(): void {
    this.#underWay ??= this.#interest.next(this.#now);
  }

  #answer(): void {
    if (this.#underWay === undefined) return;
    const { verb, names } = this.#underWay;
    this.#underWay = undefined;
    if (this.#roll(10) === 0) {
      this.#interest.refuse(this.#now);
      return;
    }
    for (const name of names) this.#subscribed[verb === 'subscribe' ? 'add' : 'delete'](name);
    this.#interest.confirm(this.#now);
  }

  #lose(): void {
    this.#subscribed.clear();
    this.#underWay = undefined;
    this.#interest.lose();
  }
}

test('whatever happens in whatever order, Redis carries what is wanted and in the end nothing else', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const life = new Life(seed);
    for (let step = 1; step <= 300; step++) {
      life.step();
      assert.deepEqual(life.unheard, [], `seed ${seed}, step ${step}`);
    }
    life.rest();
    assert.deepEqual([life.unheard, life.unwanted], [[], []], `seed ${seed}`);
  }
});
