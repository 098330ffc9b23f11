import type { Payload } from './socket.js';

/** A frame, written, that waits for a connection. */
export interface Letter {
  readonly action: string;
  readonly payload: Payload;
  /** Of a request. */
  readonly id?: number;
}

/** What was sent while there was no connection, in order. When it is full, what comes later is not taken. */
export class Outbox {
  readonly #capacity: number;
  #letters: Letter[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether the letter was taken. */
  add(letter: Letter): boolean {
    if (this.#letters.length >= this.#capacity) return false;
    this.#letters.push(letter);
    return true;
  }

  has(id: number): boolean {
    return this.#letters.some((letter) => letter.id === id);
  }

  /** Takes back a request that waits no longer. */
  remove(id: number): void {
    this.#letters = this.#letters.filter((letter) => letter.id !== id);
  }

  /** Everything, oldest first; then it is empty. */
  empty(): Letter[] {
    return this.#letters.splice(0);
  }
}
