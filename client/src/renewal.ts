import { Backoff } from './backoff.js';
import { TabcastError } from './error.js';
import type { Surroundings } from './surroundings.js';
import type { Tokens } from './tokens.js';

/** What a renewal asks of the connection. */
export interface Renewed {
  /** Shows a new token to the gateway. When it is in force `begin` is to be called; rejects when it is not accepted. */
  show(token: string): Promise<unknown>;
  /** The new token is another user's: only a new connection can be that user's. */
  otherUser(): void;
  /** Ends the tab. */
  close(reason: string): void;
}

/** Keeps a living connection in a token that is good. */
export class Renewal {
  readonly #world: Surroundings;
  readonly #tokens: Tokens;
  readonly #connection: Renewed;
  readonly #backoff: Backoff;
  #cancel: () => void = () => {};
  /** The round that is under way; answers to an earlier one come too late. */
  #round: object | undefined;

  constructor(world: Surroundings, tokens: Tokens, connection: Renewed) {
    this.#world = world;
    this.#tokens = tokens;
    this.#connection = connection;
    this.#backoff = new Backoff(world);
  }

  /** A token is in force. */
  begin(expires: number | null): void {
    this.stop();
    this.#backoff.reset();
    const wait = this.#tokens.inForce(expires);
    if (wait !== undefined) this.#renewIn(wait);
  }

  /** The gateway says that the token has expired. */
  expired(): void {
    if (this.#tokens.renewable) this.#renew();
  }

  /** The connection is lost. */
  stop(): void {
    this.#cancel();
    this.#round = undefined;
  }

  #renewIn(ms: number): void {
    this.#cancel = this.#world.after(ms, () => this.#renew());
  }

  async #renew(): Promise<void> {
    this.stop();
    const round = {};
    this.#round = round;
    try {
      const token = await this.#tokens.fetch('refresh');
      if (this.#round !== round) return;
      if (token === null) this.#connection.close('logged-out');
      else if (token === undefined) this.stop();
      else await this.#connection.show(token);
    } catch (error) {
      if (this.#round === round) this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#round = undefined;
    if (error instanceof TabcastError && error.code === 409) this.#connection.otherUser();
    else this.#renewIn(this.#backoff.next());
  }
}
