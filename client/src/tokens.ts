import type { ConnectOptions, TokenAnswer, TokenReason } from './options.js';
import type { Surroundings } from './surroundings.js';

/** Soonest refresh, in ms. What expires before is announced by the gateway; and clocks may differ. */
const soonest = 30_000;

/**
 * Tokens for connections. One that has served is used again until a refresh is due, so that a crowd of tabs that lost their
 * gateway does not ask the application for as many tokens.
 */
export class Tokens {
  readonly #world: Surroundings;
  readonly #getToken: ConnectOptions['getToken'];
  readonly #timeout: number;
  /** A token that may well be good. */
  #current: TokenAnswer;
  /** When to have another one, by our clock. */
  #dueAt: number | undefined;
  /** What `getToken` is asked at the moment. */
  #asked: Promise<TokenAnswer> | undefined;
  #cancel: () => void = () => {};

  /** @param timeout how long `getToken` may take, in ms */
  constructor(world: Surroundings, { token, getToken }: ConnectOptions, timeout: number) {
    this.#world = world;
    this.#getToken = getToken;
    this.#timeout = timeout;
    this.#current = token;
  }

  /** Whether there can be another token than the one that did not do. */
  get renewable(): boolean {
    return this.#getToken !== undefined;
  }

  /** Whether every handshake brings the same token. Without any it may be a cookie that says who this is, next time too. */
  get fixed(): boolean {
    return !this.renewable && this.#current !== undefined;
  }

  /** The token to connect with. Rejects as `fetch` does. */
  async forHandshake(): Promise<TokenAnswer> {
    if (!this.renewable) return this.#current;
    if (this.#dueAt !== undefined && this.#world.now() >= this.#dueAt) this.forget();
    return this.#current ?? this.fetch('connect');
  }

  /**
   * Asks the application for a new token, unless it is being asked already. Rejects with what `getToken` threw, and when it
   * takes too long; an answer that comes later is kept for the next handshake.
   */
  fetch(why: TokenReason): Promise<TokenAnswer> {
    this.#asked ??= new Promise<TokenAnswer>((resolve, reject) => {
      this.#cancel = this.#world.after(this.#timeout, () =>
        reject(new Error(`getToken took longer than ${this.#timeout} ms`)),
      );
      this.#ask(why).then(resolve, reject);
    }).finally(() => this.stop());
    return this.#asked;
  }

  /** The current token did not do, or may be why a handshake failed: another one is needed, if there can be one. */
  forget(): void {
    if (this.renewable) this.#current = undefined;
  }

  /**
   * The current token is in force.
   * @param expires when it ends by the gateway's clock, in ms since 1970; null when never
   * @returns in how many ms it should be refreshed; undefined where the gateway's word has to be waited for
   */
  inForce(expires: number | null): number | undefined {
    this.#dueAt = undefined;
    const now = this.#world.now();
    // An accepted token that has expired by our clock only says that the clocks differ.
    if (!this.renewable || !(expires! > now)) return undefined;
    // Tabs that came together part here.
    const part = 0.6 + this.#world.random() / 5;
    const wait = Math.max(soonest, (expires! - now) * part);
    this.#dueAt = now + wait;
    return wait;
  }

  stop(): void {
    this.#cancel();
    this.#asked = undefined;
  }

  async #ask(why: TokenReason): Promise<TokenAnswer> {
    const token = await this.#getToken?.(why);
    this.#current = token;
    this.#dueAt = undefined;
    return token;
  }
}
