import { connect, type Socket } from 'node:net';
import { jsonProtocol } from '@tabcast/shared';
import { signToken } from '../../src/auth/sign.js';
import { secret } from './gateway.js';
import type { StormOrder, StormReport } from './storm.js';

/**
 * The clients of a storm, in a process of their own: bare sockets that connect all at once, come back when they are told
 * to, and stay. They answer no pings, so a storm has to be over before the idle timeout.
 */

/** Each source address has some 28,000 ports towards one server. */
const sourceAddresses = 32;

const report: StormReport = {
  welcomed: 0,
  refused: 0,
  failed: 0,
  lost: 0,
  waits: {},
  begun: 0,
  lastWelcome: 0,
};

process.once('message', (order: StormOrder) => void gather(order));

/** Gets everything ready, so that the storm costs this process as little as may be. */
async function gather({ port, tabs }: StormOrder): Promise<void> {
  const tokens: string[] = [];
  for (let tab = 0; tab < tabs; tab++)
    tokens.push(await signToken(secret, { user: `storm${tab}`, expiresIn: 600 }));
  process.once('message', () => {
    process.on('message', () => process.send!(report));
    report.begun = Date.now();
    for (const [tab, token] of tokens.entries()) attempt(port, tab, token);
  });
  process.send!(report);
}

function attempt(port: number, tab: number, token: string): void {
  const localAddress = `127.0.0.${2 + (tab % sourceAddresses)}`;
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  const again = (seconds: number) => setTimeout(() => attempt(port, tab, token), seconds * 1000);
  let heard = '';
  socket.on('connect', () => socket.write(handshake(token)));
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    if (heard.includes('sys/welcome')) return;
    heard += bytes.toString('latin1');
    if (heard.includes('sys/welcome')) noteWelcome(socket);
  });
  socket.on('close', () => {
    if (heard.startsWith('HTTP/1.1 503')) again(noteRefusal(heard));
    else if (heard.includes('sys/welcome')) report.lost++;
    else {
      report.failed++;
      again(0.5 + 1.5 * Math.random());
    }
  });
}

function noteWelcome(socket: Socket): void {
  report.welcomed++;
  report.lastWelcome = Date.now();
  socket.unref();
}

/** Returns when to come back, in s: as asked, and at a moment of its own within that second. */
function noteRefusal(answer: string): number {
  const [, wait = '?'] = /\r\nretry-after: (\d+)\r\n/i.exec(answer) ?? [];
  report.refused++;
  report.waits[wait] = (report.waits[wait] ?? 0) + 1;
  return Number(wait) + Math.random();
}

function handshake(token: string): string {
  return [
    'GET /ws HTTP/1.1',
    ...['Host: gateway.example', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'],
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Sec-WebSocket-Protocol: ${jsonProtocol}, bearer.${token}`,
    '\r\n',
  ].join('\r\n');
}
