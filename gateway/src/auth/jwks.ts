import type { CryptoKey } from 'jose';
import type { Logger } from '../log.js';
import { downloadKeySet, type Fetch, importKeySet } from './key-set.js';
import { fitting, type VerificationKey } from './verification-key.js';

/** A JSON Web Key Set on the network, and how long its absence is borne. */
export interface JwksOptions {
  /** From the operator's configuration, never made from a token: whoever writes tokens could aim it anywhere. */
  readonly url: string;
  /** How long, in ms, the last good set serves after its ten minutes while no newer one can be had. Default 24 h. */
  readonly maxStale?: number;
  /** Replaces the global `fetch`. */
  readonly fetch?: Fetch;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
  /** Told of each download that fails, and of the first that succeeds again. */
  readonly log: Logger;
}

const downloadTimeout = 5_000;
const maxAge = 10 * 60_000;
const refreshPause = maxAge / 2;
const retryPause = 30_000;
const unknownKeyPause = 30_000;

/**
 * The keys of a JSON Web Key Set that is fetched in the background, so that no token waits for it in normal times. The
 * last good set stays in use while the issuer is down: its outage must not become ours. jose's own remote set asks the
 * issuer at every token once its ten minutes are over, and refuses all of them.
 */
export class RemoteKeys {
  readonly #options: Required<JwksOptions>;
  #keys: readonly VerificationKey[] = [];
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #opening: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  #abort: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #closed = false;

  constructor(options: JwksOptions) {
    this.#options = { maxStale: 24 * 3_600_000, fetch: globalThis.fetch, ...options };
  }

  /**
   * Begins the first download, and those that follow. None of them keeps the process alive. Resolves when the first has
   * come to its end, whichever. Idempotent.
   */
  open(): Promise<void> {
    this.#opening ??= this.#refresh();
    return this.#opening;
  }

  /** Takes over what another has fetched from the same URL. */
  beginWith(before: RemoteKeys): void {
    this.#keys = before.#keys;
    this.#fetchedAt = before.#fetchedAt;
    this.#failing = before.#failing;
  }

  /** Whether there is a set, and not one too old. */
  get usable(): boolean {
    const { now, maxStale } = this.#options;
    return now() - this.#fetchedAt <= maxAge + maxStale;
  }

  /**
   * The keys to try for a token. Where none fits, the set is fetched at once, or the download under way is awaited; at
   * most once in 30 s, so that made-up key names cannot turn us against the issuer. Never rejects.
   */
  async candidates(algorithm: string, kid: string | undefined): Promise<CryptoKey[]> {
    const known = this.#fitting(algorithm, kid);
    if (known.length > 0) return known;
    await this.#refreshForUnknownKey();
    return this.#fitting(algorithm, kid);
  }

  /** Ends downloads for good. Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }

  #fitting(algorithm: string, kid: string | undefined): CryptoKey[] {
    return this.usable ? fitting(this.#keys, algorithm, kid) : [];
  }

  async #refreshForUnknownKey(): Promise<void> {
    if (this.#closed) return;
    if (this.#refreshing === undefined) {
      const now = this.#options.now();
      if (now - this.#askedAt < unknownKeyPause) return;
      this.#askedAt = now;
    }
    await this.#refresh();
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#download()
      .then(
        () => this.#succeeded(),
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  async #download(): Promise<void> {
    const { url, fetch, now } = this.#options;
    const abort = new AbortController();
    this.#abort = abort;
    const timer = setTimeout(() => abort.abort(new Error('expected an answer within 5 s')), downloadTimeout);
    try {
      this.#keys = await importKeySet(await downloadKeySet(url, fetch, abort.signal));
      this.#fetchedAt = now();
    } finally {
      clearTimeout(timer);
      // An answer that was refused may still be arriving.
      abort.abort();
    }
  }

  #succeeded(): void {
    if (this.#failing) this.#options.log.info('The key set of token-jwks-url is back');
    this.#failing = false;
    this.#refreshAfter(refreshPause);
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    this.#failing = true;
    this.#options.log.warn(
      { err: error, usable: this.usable },
      'The key set of token-jwks-url cannot be fetched',
    );
    this.#refreshAfter(retryPause);
  }

  /** With jitter of ±10 %, because gateways that start together must not ask together for ever. */
  #refreshAfter(pause: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#refresh(), pause * (0.9 + Math.random() / 5));
    this.#timer.unref();
  }
}
