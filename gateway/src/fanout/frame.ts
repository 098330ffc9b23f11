import { encodeMsgpack } from '@tabcast/shared/msgpack';

/** How a tab wants its frames: as JSON, as MessagePack, or as JSON on a socket that it shares with other tabs. */
export type Encoding = 'json' | 'msgpack' | 'shared';

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
    return encoding === 'msgpack' ? this.msgpack : this.json;
  }

  /** The same frame with the channel in it, for shared sockets. Made anew each time: most gateways need it once or never. */
  placed(channel: string): SharedFrame {
    return new SharedFrame(withPlace(this.json, channel, null));
  }
}

/** A frame whose place may be taken by a later one in the same slot, where a tab is behind. */
export class ReplaceableFrame extends SharedFrame {
  readonly #channel: string;
  #slot: string | undefined;
  #lastingJson: Uint8Array | undefined;

  constructor(json: Uint8Array, channel: string) {
    super(json);
    this.#channel = channel;
  }

  /** Channel and action together. */
  get slot(): string {
    this.#slot ??= JSON.stringify([this.#channel, JSON.parse(Buffer.from(this.json).toString()).action]);
    return this.#slot;
  }

  /** The bytes in the encoding of one tab, to be kept. */
  lasting(encoding: Encoding): Uint8Array {
    if (encoding === 'msgpack') return this.msgpack;
    this.#lastingJson ??= Uint8Array.from(this.json);
    return this.#lastingJson;
  }

  override placed(channel: string): ReplaceableFrame {
    return new ReplaceableFrame(withPlace(this.json, channel, null), channel);
  }
}

/** Whether a slot is one of a channel. */
export function isSlotOf(channel: string, slot: string): boolean {
  return slot.startsWith(`[${JSON.stringify(channel)},`);
}

/** A publication that stands at a position of its channel, with both in it: the same bytes for every JSON tab. */
export function placedFrame(json: Uint8Array, channel: string, position: string): SharedFrame {
  return new SharedFrame(withPlace(json, channel, position));
}

/** What a tab gets in place of a publication that is not for it. */
export function positionFrame(channel: string, position: string): SharedFrame {
  return placedFrame(positionOnly, channel, position);
}

/** Tells that publications before this position are lost. */
export function gapFrame(channel: string, position: string): SharedFrame {
  return placedFrame(gap, channel, position);
}

const positionOnly = Buffer.from('{"action":"sys/position","details":[]}');
const gap = Buffer.from('{"action":"sys/gap","details":[]}');

/** Puts a member before those of a frame, without reading it: a frame is an object with an action, so it is not empty. */
export function withMember(member: string, frame: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(Buffer.byteLength(member) + frame.length + 1);
  const end = bytes.write(`{${member},`);
  bytes.set(frame.subarray(1), end);
  return bytes;
}

function withPlace(json: Uint8Array, channel: string, position: string | null): Uint8Array {
  return withMember(`"at":[${JSON.stringify(channel)},${JSON.stringify(position)}]`, json);
}
