const lineBreak = '\r\n';

/** A publication, as Redis tells it to who has subscribed; the group is the name of its redis channel. */
const push = /^>3\r\n\$\d+\r\ns?message\r\n\$\d+\r\n([^\r]*)\r\n/;

/** How much of a value is looked at, in bytes. */
const headBytes = 1024;

/** Takes publications out of what Redis says (RESP3), and lets its answers pass. */
export class PushFilter {
  readonly #drops: (name: string) => boolean;
  #begun = false;
  #held = Buffer.alloc(0);

  /** @param drops whether publications of this redis channel are taken out */
  constructor(drops: (name: string) => boolean) {
    this.#drops = drops;
  }

  /** What passes of the bytes that came next. Begins with the first ones that are surely the beginning of a publication. */
  pass(bytes: Buffer): Buffer {
    this.#begun ||= push.test(bytes.toString('latin1', 0, headBytes));
    if (!this.#begun) return bytes;
    this.#held = Buffer.concat([this.#held, bytes]);
    const passed: Buffer[] = [];
    for (let end = endOfValue(this.#held); end !== undefined; end = endOfValue(this.#held)) {
      const value = this.#held.subarray(0, end);
      const name = push.exec(value.toString('latin1', 0, headBytes))?.[1];
      if (name === undefined || !this.#drops(name)) passed.push(value);
      this.#held = this.#held.subarray(end);
    }
    return Buffer.concat(passed);
  }
}

/** Where the value ends that begins there; undefined where not all of it has come. */
function endOfValue(bytes: Buffer, from = 0): number | undefined {
  const lineEnd = bytes.indexOf(lineBreak, from);
  if (lineEnd < 0) return undefined;
  const begin = lineEnd + lineBreak.length;
  const kind = String.fromCharCode(bytes[from]!);
  if (!'$*>'.includes(kind)) return begin;
  const size = Number(bytes.toString('latin1', from + 1, lineEnd));
  if (kind !== '$') return endOfValues(bytes, begin, size);
  const end = size < 0 ? begin : begin + size + lineBreak.length;
  return end <= bytes.length ? end : undefined;
}

function endOfValues(bytes: Buffer, from: number, count: number): number | undefined {
  let end: number | undefined = from;
  for (let left = count; left > 0 && end !== undefined; left--) end = endOfValue(bytes, end);
  return end;
}
