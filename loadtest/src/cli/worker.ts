/** `npm run worker -w loadtest`: lends this machine to a load test that runs elsewhere, for tabs that it opens from here. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { fleetProcess } from '../fleet/fleets.js';
import { hostWorkers } from '../workers/host.js';
import { runCommand } from './command.js';

const usage = `usage: npm run worker -w loadtest -- --port <n> [options]
  --port <n>     where to listen
  --host <ip>    address to listen on (127.0.0.1)
  --key <text>   what a load test has to know; required when others than this machine can reach the address`;

function readOptions(): { host: string; port: number; key?: string } {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      key: { type: 'string' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new RangeError(`--port: expected 1 to 65535, got ${values.port}`);
  return { host: values.host, port, ...(values.key !== undefined && { key: values.key }) };
}

await runCommand(usage, readOptions, async (options) => {
  const server = await hostWorkers({ ...options, module: fleetProcess });
  console.log(`lending workers on ${options.host}:${options.port}`);
  await once(server, 'close');
});
