/** Counts the answers of a server out of streams that are split anywhere. */
export class Replies {
  /** Answers so far. */
  count = 0;
  /** Of Redis: those that said that nobody was subscribed. */
  unheard = 0;
  /** The first that was an error. */
  refusal: string | undefined;
  readonly #read: (line: string) => void;

  /**
   * @param kind `redis`: replies to PUBLISH, or to scripts that answer `[receivers, position]` (redis.io, "Redis serialization
   * protocol specification"). `http`: responses of HTTP/1.1, by their status lines (RFC 9112 §4)
   */
  constructor(kind: 'redis' | 'http') {
    this.#read = kind === 'redis' ? (line) => this.#readReply(line) : (line) => this.#readResponse(line);
  }

  /** What one connection says goes here. */
  stream(): { push(text: string): void } {
    let rest = '';
    return {
      push: (text) => {
        const lines = (rest + text).split('\r\n');
        rest = lines.pop()!;
        for (const line of lines) this.#read(line);
      },
    };
  }

  #readReply(line: string): void {
    if (line.startsWith('-')) this.refusal ??= line;
    else if (!line.startsWith(':')) return;
    this.count++;
    if (line === ':0') this.unheard++;
  }

  #readResponse(line: string): void {
    // A body may end without a line break, and the next response begin behind it.
    const status = /HTTP\/1\.1 (\d{3}.*)$/.exec(line)?.[1];
    if (status === undefined) return;
    this.count++;
    if (!status.startsWith('2')) this.refusal ??= status;
  }
}
