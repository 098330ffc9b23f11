import { randomBytes } from 'node:crypto';

/** How long the pieces of a secret are that are looked for. */
const pieceLength = 12;

/** Secrets that nobody could come upon by chance, to be looked for in everything that a program says. */
export class Canaries {
  /** What to look for, and whose it is. */
  readonly #traces = new Map<string, string>();

  /**
   * A new secret of 72 characters. It has some that are written otherwise in URLs and in JSON.
   * @param separator what stands between its parts
   */
  hatch(owner: string, separator = ':/é+"'): string {
    const parts = Array.from({ length: 3 }, () => randomBytes(pieceLength).toString('hex').slice(0, 22));
    return this.plant(owner, parts.join(separator));
  }

  /** Remembers a secret, and answers it. Each piece of it is looked for: as it is, in base64 and in hex. */
  plant(owner: string, secret: string): string {
    // No encoding of URLs, JSON or HTML touches letters and digits, so pieces of these will do for them too.
    for (const [run] of secret.matchAll(/[A-Za-z0-9]{12,}/g))
      for (let from = 0; from + pieceLength <= run.length; from += pieceLength)
        for (const trace of formsOf(run.slice(from, from + pieceLength))) this.#traces.set(trace, owner);
    return secret;
  }

  /** Whose secrets, or pieces of them, are in a text. */
  ownersIn(text: string): string[] {
    return [...new Set([...this.#traces].flatMap(([trace, owner]) => (text.includes(trace) ? [owner] : [])))];
  }
}

function formsOf(piece: string): string[] {
  const bytes = Buffer.from(piece);
  return [piece, bytes.toString('hex'), ...[0, 1, 2].map((before) => inBase64(bytes, before))];
}

/** What is always in the base64 of a text that has these bytes somewhere, after `before` and a multiple of 3 others. */
function inBase64(bytes: Buffer, before: number): string {
  const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
  // A character that shares its bits with a neighbour depends on that.
  const whole = Math.floor(((before + bytes.length) * 8) / 6);
  return encoded.slice(Math.ceil((before * 8) / 6), whole);
}
