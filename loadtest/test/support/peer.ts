import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A welcome without positions. */
export const welcome = '{"action":"sys/welcome","details":[{}]}';

/** Another implementation of RFC 6455 than ours, on a port of its own. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly server: WebSocketServer;
  close(): void;
}

/** @param http what it listens with, for instance with TLS */
export async function startPeer(http: Server = createServer()): Promise<Peer> {
  const server = new WebSocketServer({
    server: http,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const close = () => {
    for (const socket of server.clients) socket.terminate();
    http.close();
  };
  return { host: '127.0.0.1', port, server, close };
}

/** A frame of tabcast with this text, at a position of a channel if one is given. */
export function frameOf(text: string, at?: readonly [channel: string, position: string]): string {
  const place = at === undefined ? '' : `"at":${JSON.stringify(at)},`;
  return `{${place}"action":"load","details":["${text}"]}`;
}

/** What a peer is told first. */
export async function firstText(socket: WebSocket): Promise<string> {
  const [data] = await once(socket, 'message');
  return String(data);
}

/** Turns of the event loop until this is so. Throws after 20 s. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it never came to ${what}`);
    await new Promise(setImmediate);
  }
}
