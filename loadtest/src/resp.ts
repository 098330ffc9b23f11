/**
 * As much of Redis' protocol as publishing needs (redis.io, "Redis serialization protocol specification"), as Latin-1
 * text: one character is one byte.
 */

/** What goes before the payload of a PUBLISH; `\r\n` goes after it. */
export function publishHead(channel: string, payloadBytes: number): string {
  return `*3\r\n$7\r\nPUBLISH\r\n$${channel.length}\r\n${channel}\r\n$${payloadBytes}\r\n`;
}

/** Counts the replies to PUBLISH commands out of a stream that is split anywhere. */
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
    this.count += lines.length;
    for (const line of lines) {
      if (line === ':0') this.unheard++;
      else if (!line.startsWith(':')) this.refusal ??= line;
    }
  }
}
