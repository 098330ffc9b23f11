/**
 * Socket.IO with its Redis adapter, WebSocket only.
 * Usage: node server.js <redis port> ws|uws; prints the port that it listens on. A tab says who it is as it enters
 * the namespace, with `{ user }`.
 */

import { App, us_socket_local_port } from 'uWebSockets.js';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const [redisPort, engine] = process.argv.slice(2);
const publisher = new Redis(Number(redisPort));
const subscriber = publisher.duplicate();

const io = new Server({
  adapter: createAdapter(publisher, subscriber),
  transports: ['websocket'],
  serveClient: false,
});
io.use((socket, next) => {
  socket.join(['registered', `user:${socket.handshake.auth['user']}`]);
  next();
});

if (engine === 'uws') listenOnUws();
else listenOnNode();

function listenOnUws(): void {
  const app = App();
  io.attachApp(app);
  io.engine.on('connection', forget);
  app.listen('127.0.0.1', 0, (socket: object | false) => {
    if (socket === false) throw new Error('no port to listen on');
    console.log(us_socket_local_port(socket));
  });
}

function listenOnNode(): void {
  const server = createServer();
  io.attach(server);
  io.engine.on('connection', forget);
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
    console.log((server.address() as AddressInfo).port),
  );
}

/** What the first request brought is not needed afterwards (Socket.IO, "Memory usage"). */
function forget(socket: { request: unknown }): void {
  socket.request = null;
}
