import { encodeMsgpack } from '@tabcast/shared/msgpack';

/** How a tab wants its frames. */
export type Encoding = 'json' | 'msgpack';

/** One frame for many tabs: JSON as it came, MessagePack made once and only where a tab wants it. */
export class SharedFrame {
  /** JSON text as UTF-8, a view that is valid only during the call that got it. */
  readonly json: Uint8Array;
  #msgpack: Uint8Array | undefined;

  constructor(json: Uint8Array) {
    this.json = json;
  }

  get msgpack(): Uint8Array {
    this.#msgpack ??= encodeMsgpack(JSON.parse(Buffer.from(this.json).toString()));
    return this.#msgpack;
  }

  /** The bytes in the encoding of one tab. */
  in(encoding: Encoding): Uint8Array {
    return encoding === 'json' ? this.json : this.msgpack;
  }
}
