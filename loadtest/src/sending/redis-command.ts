import type { Wrapping } from './plan.js';

/** A command of Redis with a text among its words (redis.io, "Redis serialization protocol specification"). */
export function command(
  before: readonly string[],
  textBytes: number,
  after: readonly string[] = [],
): Wrapping {
  const count = before.length + 1 + after.length;
  return {
    head: `*${count}\r\n${before.map(bulk).join('')}$${textBytes}\r\n`,
    tail: `\r\n${after.map(bulk).join('')}`,
  };
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}
