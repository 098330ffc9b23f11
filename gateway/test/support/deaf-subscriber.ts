import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A program that has subscribed to a redis channel and does not read what comes. To be destroyed. */
export async function deafSubscriber(port: number, channel: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`SUBSCRIBE ${channel}\r\n`);
  await once(socket, 'data');
  return socket.pause();
}
