import type { TwoStepVerifier, Verdict, Verification } from './token.js';

/** A verifier in whose place another one can be put, without those who hold it noticing. */
export class ExchangeableVerifier implements TwoStepVerifier {
  #current: TwoStepVerifier;

  constructor(first: TwoStepVerifier) {
    this.#current = first;
  }

  verify(token: string): Verification {
    return this.#current.verify(token);
  }

  verifyAtOnce(token: string): Verdict | undefined {
    return this.#current.verifyAtOnce(token);
  }

  verifyByKey(token: string): Promise<Verdict> {
    return this.#current.verifyByKey(token);
  }

  /** From now on another one verifies, and the one so far is closed. */
  exchange(next: TwoStepVerifier): void {
    this.#current.close();
    this.#current = next;
  }

  close(): void {
    this.#current.close();
  }
}
