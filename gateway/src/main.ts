import { readFileSync } from 'node:fs';
import { run } from './cli/run.js';

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
  const exitCode = await run(process.argv.slice(2), version, {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    environment: process.env,
    readFile,
  });
  // A gateway that is stopping may have set a code of its own.
  if (exitCode !== 0) process.exitCode = exitCode;
} catch (error) {
  process.stderr.write(`tabcast: ${(error as Error).message}\n`);
  // At once, because what a gateway or an application had opened by then would keep the process.
  process.exit(1);
}
