// `npm run cluster`: Redis and three gateways on this machine, to try things with.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from './prepare.mjs';
import { need } from './requirements.mjs';

const gateways = 3;

need('redis-server');
prepare();
const folder = mkdtempSync(join(tmpdir(), 'tabcast-cluster-'));
const redisPort = await freePort();
const redisOptions = [
  '--port',
  redisPort,
  '--bind',
  '127.0.0.1',
  '--dir',
  folder,
  '--save',
  '',
  '--appendonly',
  'no',
];
const children = [];
launch('redis-server', redisOptions.map(String), { stdio: 'ignore' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);

const environment = {
  ...process.env,
  TABCAST_REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  TABCAST_TOKEN_SECRETS: key(),
  TABCAST_API_KEYS: key(),
};
const ports = [];
for (let number = 0; number < gateways; number++) ports.push(await startGateway(8080 + 10 * number));
console.log(
  `  Redis and ${gateways} gateways, each with a page of its own; tabs of one user may be on any of them:\n`,
);
for (const port of ports) console.log(`     http://127.0.0.1:${port}/`);
console.log();

/** Resolves with the public port when the gateway has printed what to do with it; only the first one's is shown. */
function startGateway(port) {
  const ours = ['--public-port', String(port), '--internal-port', String(port + 1)];
  const command = [
    'gateway/bin/tabcast.js',
    'start',
    '--mode',
    'development',
    '--handlers',
    'examples/hello.js',
  ];
  const stdio = ['ignore', 'pipe', 'inherit'];
  const gateway = launch(process.execPath, [...command, ...ours], { env: environment, stdio });
  return new Promise((resolve) => {
    gateway.stdout.once('data', (help) => {
      if (ports.length === 0) process.stdout.write(help);
      resolve(port);
    });
    gateway.stdout.resume();
  });
}

/** Starts a process; whichever ends first, the rest ends too. */
function launch(command, args, options) {
  const child = spawn(command, args, options);
  children.push(child);
  child.on('exit', stop);
  return child;
}

function stop() {
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of running) child.kill('SIGTERM');
  if (running.length > 0) return;
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}

function key() {
  return randomBytes(32).toString('base64url');
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
