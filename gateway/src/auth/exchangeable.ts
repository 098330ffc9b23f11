import type { TokenVerifier, Verification } from './token.js';

/** A verifier in whose place another one can be put, without those who hold it noticing. */
export class ExchangeableVerifier implements TokenVerifier {
  #current: TokenVerifier;

  constructor(first: TokenVerifier) {
    this.#current = first;
  }

  verify(token: string): Verification {
    return this.#current.verify(token);
  }

  /** From now on another one verifies, and the one so far is closed. */
  exchange(next: TokenVerifier): void {
    this.#current.close();
    this.#current = next;
  }

  close(): void {
    this.#current.close();
  }
}
