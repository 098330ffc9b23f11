/**
 * The `ws` package and ioredis, as well as Node allows: each publication becomes one frame, which is written to the socket of every
 * tab of its channel; what a tab gets within one turn of the loop leaves together.
 * Usage: node server.js <redis port>; prints the port that it listens on. A tab says who it is with ?user=.
 */

import type { AddressInfo, Socket } from 'node:net';
import { Redis } from 'ioredis';
import * as ws from 'ws';
import { channelsOf } from '../channels.js';

// Exported, but not by the types.
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

const redis = new Redis(Number(process.argv[2]));
const tabs = new Map<string, Set<Socket>>();
const corked = new Set<Socket>();

const server = new ws.WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  backlog: 4096,
  perMessageDeflate: false,
  clientTracking: false,
});
server.on('listening', () => console.log((server.address() as AddressInfo).port));
server.on('connection', (tab, { socket, url }) => {
  const channels = channelsOf(new URL(url!, 'ws://localhost').searchParams.get('user')!);
  for (const channel of channels) join(channel, socket);
  tab.on('close', () => {
    for (const channel of channels) leave(channel, socket);
  });
  tab.send('{"action":"sys/welcome","details":[]}');
});

redis.on('messageBuffer', (channel: Buffer, message: Buffer) => {
  const frame = Buffer.concat(
    Sender.frame(message, { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true }),
  );
  for (const socket of tabs.get(channel.toString()) ?? []) write(socket, frame);
});

/** The documentation of Node advises to cork for one turn where several small writes come together. */
function write(socket: Socket, frame: Buffer): void {
  if (corked.size === 0) setImmediate(uncorkAll);
  if (!corked.has(socket)) {
    corked.add(socket);
    socket.cork();
  }
  socket.write(frame);
}

function uncorkAll(): void {
  for (const socket of corked) socket.uncork();
  corked.clear();
}

function join(channel: string, socket: Socket): void {
  const members = tabs.get(channel);
  if (members !== undefined) members.add(socket);
  else {
    tabs.set(channel, new Set([socket]));
    redis.subscribe(channel);
  }
}

function leave(channel: string, socket: Socket): void {
  const members = tabs.get(channel)!;
  members.delete(socket);
  if (members.size > 0) return;
  tabs.delete(channel);
  redis.unsubscribe(channel);
}
