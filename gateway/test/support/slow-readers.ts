import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { jsonProtocol } from '@tabcast/shared';
import type { GatewayProcess } from './gateway.js';
import { reap } from './reap.js';
import { TestTab } from './tab.js';

/** Ways not to read. Each opens so many tabs, which have been welcomed when it resolves, and says how to end them. */
type Way = (gateway: GatewayProcess, token: string, count: number) => Promise<() => void>;

export const slowReaders = {
  'a paused socket': async ({ socketUrl }, token, count) => {
    const open = () => TestTab.open(socketUrl, { token });
    const tabs = await Promise.all(Array.from({ length: count }, open));
    for (const { socket } of tabs) socket.pause();
    return () => {
      for (const { socket } of tabs) socket.terminate();
    };
  },

  'a byte a second': async ({ publicPort }, token, count) => {
    const ends = await Promise.all(Array.from({ length: count }, () => dripping(publicPort, token)));
    return () => {
      for (const end of ends) end();
    };
  },

  'a stopped process': async ({ socketUrl }, token, count) => {
    const program = fileURLToPath(new URL('stopped-tabs.js', import.meta.url));
    const child = await ready(process.execPath, [program, socketUrl, token, String(count)]);
    child.kill('SIGSTOP');
    return () => child.kill('SIGKILL');
  },

  'a tiny receive buffer': async ({ publicPort }, token, count) => {
    const program = fileURLToPath(new URL('../../../test/support/tiny-buffers.php', import.meta.url));
    const child = await ready('php', [program, String(publicPort), handshake(token), String(count)]);
    return () => child.kill('SIGKILL');
  },
} as const satisfies Record<string, Way>;

/** A child that says when its tabs are there. */
async function ready(program: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const reaper = reap(child.pid!);
  child.once('exit', () => reaper.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

function handshake(token: string): string {
  return [
    'GET /ws HTTP/1.1\r\nHost: gateway.example\r\nUpgrade: websocket\r\nConnection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13',
    `Sec-WebSocket-Protocol: ${jsonProtocol}, bearer.${token}\r\n\r\n`,
  ].join('\r\n');
}

/** A tab that takes no more than a byte from the kernel, and that once a second. */
async function dripping(port: number, token: string): Promise<() => void> {
  const buffer = Buffer.alloc(1);
  let heard = '';
  const isWelcome = () => heard.includes('sys/welcome');
  const welcomed = new Promise<() => void>((resolve) => {
    const callback = () => {
      if (isWelcome()) return false;
      heard += buffer.toString('latin1');
      if (isWelcome()) resolve(end);
      return true;
    };
    const socket = connect({ host: '127.0.0.1', port, onread: { buffer, callback } });
    const drops = setInterval(() => socket.resume(), 1000);
    const end = () => socket.destroy();
    socket.on('error', () => {}).on('close', () => clearInterval(drops));
    socket.write(handshake(token));
  });
  return welcomed;
}
