import { createRequire } from 'node:module';
import type { Wrapping } from '../../src/sending/plan.js';
import { command } from '../../src/sending/redis-command.js';
import type { Destination } from '../../src/servers/target.js';

/** Where a text stands while the rest of a packet is written, in place of one that comes later. */
const filler = 'x';

/** The adapter's own MessagePack, which is the emitter's too: others may write the same otherwise. Only the adapter depends on it. */
const { encode } = createRequire(createRequire(import.meta.url).resolve('@socket.io/redis-adapter'))(
  'notepack.io',
) as { encode: (value: unknown) => Uint8Array };

/** What the emitter calls itself, so that every server takes the packet for another's. */
const sender = 'emitter';

/** EVENT (socket.io-protocol, "Packet types"). */
const event = 2;

/**
 * An event `load` with a text for one room, or for all sockets, as `@socket.io/redis-emitter` publishes it: `[uid, packet, options]`
 * in MessagePack. All texts have one size, so that what stands before and after the text never changes.
 */
export function emission(destination: Destination, textBytes: number): Wrapping {
  const room = roomOf(destination);
  const rooms = room === undefined ? [] : [room];
  const text = filler.repeat(textBytes);
  const packet = { type: event, data: ['load', text], nsp: '/' };
  const bytes = latin1(encode([sender, packet, { rooms, except: [], flags: {} }]));
  const start = bytes.indexOf(text);
  const name = room === undefined ? 'socket.io#/#' : `socket.io#/#${room}#`;
  const { head, tail } = command(['PUBLISH', name], bytes.length);
  return { head: head + bytes.slice(0, start), tail: bytes.slice(start + textBytes) + tail };
}

/** Everyone is no room in Socket.IO: `io.emit()` reaches all. */
function roomOf(destination: Destination): string | undefined {
  if ('user' in destination) return `user:${destination.user}`;
  if ('group' in destination) return `group:${destination.group}`;
  return 'all' in destination ? undefined : 'registered';
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
