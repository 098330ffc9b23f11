import { encodeMsgpack } from '@tabcast/shared/msgpack';

/** How a tab wants its frames. */
export type Encoding = 'json' | 'msgpack';

/** One frame for many tabs: JSON as it came, MessagePack made once and only where a tab wants it. */
export class SharedFrame {
  /** JSON text as UTF-8, a view that is valid only during the call that got it. */
  readonly json: Uint8Array;
  readonly #latestOf: string | undefined;
  #msgpack: Uint8Array | undefined;
  #lastingJson: Uint8Array | undefined;
  #slot: string | undefined;

  /** @param latestOf its channel, where a tab that is behind needs only the latest frame of each action */
  constructor(json: Uint8Array, latestOf?: string) {
    this.json = json;
    this.#latestOf = latestOf;
  }

  /** Whether a later frame in the same `slot` may take the place of this one. */
  get replaceable(): boolean {
    return this.#latestOf !== undefined;
  }

  /** Channel and action together. */
  get slot(): string {
    this.#slot ??= JSON.stringify([this.#latestOf, JSON.parse(Buffer.from(this.json).toString()).action]);
    return this.#slot;
  }

  get msgpack(): Uint8Array {
    this.#msgpack ??= encodeMsgpack(JSON.parse(Buffer.from(this.json).toString()));
    return this.#msgpack;
  }

  /** The bytes in the encoding of one tab. */
  in(encoding: Encoding): Uint8Array {
    return encoding === 'json' ? this.json : this.msgpack;
  }

  /** The same bytes, to be kept. */
  lasting(encoding: Encoding): Uint8Array {
    if (encoding === 'msgpack') return this.msgpack;
    this.#lastingJson ??= Uint8Array.from(this.json);
    return this.#lastingJson;
  }
}
