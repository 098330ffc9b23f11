/**
 * MessagePack by its specification (https://github.com/msgpack/msgpack/blob/master/spec.md), as far as a client of
 * tabcast has to know it: no extensions, no binary data. Everything else throws.
 */

/** Decodes bytes that hold exactly one value. */
export function unpackPlain(bytes: Buffer): unknown {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (!reader.atEnd) throw new Error('there is more than one value');
  return value;
}

/** Encodes a small value: maps and arrays of fewer than 16 items, texts of fewer than 256 bytes, integers below 128. */
export function packPlain(value: unknown): Buffer {
  if (value === null) return Buffer.from([0xc0]);
  if (typeof value === 'boolean') return Buffer.from([value ? 0xc3 : 0xc2]);
  if (typeof value === 'number') return Buffer.from([value]);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([Buffer.from([0xd9, text.length]), text]);
  }
  if (Array.isArray(value))
    return Buffer.concat([Buffer.from([0x90 | value.length]), ...value.map(packPlain)]);
  const entries = Object.entries(value as object);
  return Buffer.concat([Buffer.from([0x80 | entries.length]), ...entries.flat().map(packPlain)]);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(): unknown {
    const type = this.#take(1)[0]!;
    if (type < 0x80) return type;
    if (type < 0x90) return this.#map(type & 0x0f);
    if (type < 0xa0) return this.#array(type & 0x0f);
    if (type < 0xc0) return this.#text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    return this.#byType(type);
  }

  #byType(type: number): unknown {
    const types: Record<number, () => unknown> = {
      192: () => null,
      194: () => false,
      195: () => true,
      203: () => this.#take(8).readDoubleBE(0),
      204: () => this.#take(1).readUInt8(0),
      205: () => this.#take(2).readUInt16BE(0),
      206: () => this.#take(4).readUInt32BE(0),
      208: () => this.#take(1).readInt8(0),
      209: () => this.#take(2).readInt16BE(0),
      217: () => this.#text(this.#take(1).readUInt8(0)),
      218: () => this.#text(this.#take(2).readUInt16BE(0)),
      220: () => this.#array(this.#take(2).readUInt16BE(0)),
      222: () => this.#map(this.#take(2).readUInt16BE(0)),
    };
    const read = types[type];
    if (read === undefined) throw new Error(`type 0x${type.toString(16)} is not plain MessagePack`);
    return read();
  }

  #map(size: number): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length: size }, () => [this.value() as string, this.value()]));
  }

  #array(size: number): unknown[] {
    return Array.from({ length: size }, () => this.value());
  }

  #text(length: number): string {
    return this.#take(length).toString();
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new Error('the value is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
