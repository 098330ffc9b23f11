import { readFileSync } from 'node:fs';
import { run } from './cli/run.js';
import { workerWord } from './workers/messages.js';
import { Worker } from './workers/worker.js';

const oldestNode = 20;
const nodeVersion = Number.parseInt(process.versions.node, 10);
if (nodeVersion < oldestNode) {
  console.error(`tabcast: needs Node ${oldestNode} or newer, and this is ${process.versions.node}`);
  process.exit(1);
}

// uWebSockets reads this when it is loaded. Its own limit of 4096 is too little for a token beside a few cookies.
process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= '16384';

const readFile = (path: string | URL) => readFileSync(path, 'utf8');
const { version } = JSON.parse(readFile(new URL('../../package.json', import.meta.url))) as {
  version: string;
};

try {
  const args = process.argv.slice(2);
  const isWorker = args[0] === workerWord && process.send !== undefined;
  const worker = isWorker ? await Worker.join(process) : undefined;
  const exitCode = await run(worker?.commission.args ?? args, version, {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    environment: process.env,
    readFile,
    onSignal: (signal, act) => (worker ?? process).on(signal, act),
    worker,
  });
  // A gateway that is stopping may have set a code of its own.
  if (exitCode !== 0) process.exitCode = exitCode;
} catch (error) {
  process.stderr.write(`tabcast: ${(error as Error).message}\n`);
  // At once, because what a gateway or an application had opened by then would keep the process.
  process.exit(1);
}
