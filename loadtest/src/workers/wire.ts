import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';

/**
 * How a coordinator and the host of workers speak over TCP: a line of JSON each.
 *
 *     host         {"nonce":"…"}
 *     coordinator  {"coordinator":"<id>","proof":"<HMAC of the nonce>"}
 *     host         {"accepted":true} or {"refused":"<sentence>"}, and hangs up then
 *     coordinator  a question: {"id":1,"method":"open","args":[…]}
 *     host         its answer: {"id":1,"result":…} or {"id":1,"error":"<sentence>"}
 *
 * The method `clock` asks the host for the time; all others go to the worker process that belongs to the connection and ends
 * with it. The key is proved and never sent, but what follows is not encrypted.
 */
export type Line = Readonly<Record<string, unknown>>;

/** Method that the host itself answers, with ms of the clock of its machine. */
export const clockMethod = 'clock';

/** What goes with a nonce, hex. Without a key it is that of the empty one. */
export function proofOf(key: string, nonce: string): string {
  return createHmac('sha256', key).update(nonce).digest('hex');
}

/** Whether a proof is that of the key, in constant time. */
export function isProof(proof: unknown, key: string, nonce: string): boolean {
  const [expected, got] = [Buffer.from(proofOf(key, nonce)), Buffer.from(String(proof))];
  return expected.length === got.length && timingSafeEqual(expected, got);
}

/** Sends a line. */
export function writeLine(socket: Socket, line: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
}

/**
 * Hands on every line that arrives. What is no JSON object, or longer than `limit` says at the time, ends the connection.
 * @param limit characters
 */
export function readLines(socket: Socket, limit: () => number, take: (line: Line) => void): void {
  let parts: string[] = [];
  let size = 0;
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const [first, ...others] = chunk.split('\n');
    parts.push(first!);
    size += first!.length;
    for (const next of others) {
      if (!isWithin() || !takeLine(parts.join(''))) return;
      parts = [next];
      size = next.length;
    }
    isWithin();
  });

  function isWithin(): boolean {
    if (size > limit()) socket.destroy(new Error(`a line of more than ${limit()} characters`));
    return !socket.destroyed;
  }

  function takeLine(text: string): boolean {
    const line = parseObject(text);
    if (line === undefined) socket.destroy(new Error('expected a JSON object on each line'));
    else take(line);
    return !socket.destroyed;
  }
}

function parseObject(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}
