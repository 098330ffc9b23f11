/**
 * As much of Redis' protocol as publishing needs (redis.io, "Redis serialization protocol specification"), as Latin-1
 * text: one character is one byte.
 */

/** What goes before and after the payload in a command. */
export interface Wrapping {
  readonly head: string;
  readonly tail: string;
}

/** A command with a payload among its words. */
export function wrapping(
  before: readonly string[],
  payloadBytes: number,
  after: readonly string[] = [],
): Wrapping {
  const count = before.length + 1 + after.length;
  return {
    head: `*${count}\r\n${before.map(bulk).join('')}$${payloadBytes}\r\n`,
    tail: `\r\n${after.map(bulk).join('')}`,
  };
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

/**
 * Counts the replies to PUBLISH commands, or to scripts that answer `[receivers, position]`, out of a stream that is split
 * anywhere.
 */
export class PublishReplies {
  /** Replies so far. */
  count = 0;
  /** Replies that said that nobody was subscribed. */
  unheard = 0;
  /** The first error among them. */
  refusal: string | undefined;
  #rest = '';

  /** Takes the next piece of the stream. */
  push(text: string): void {
    const lines = (this.#rest + text).split('\r\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith('-')) this.refusal ??= line;
      else if (!line.startsWith(':')) continue;
      this.count++;
      if (line === ':0') this.unheard++;
    }
  }
}
