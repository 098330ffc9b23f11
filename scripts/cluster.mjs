// `npm run cluster`: the chat as with `npm start`, but with three gateways and Redis behind it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiBalancer, createBalancer } from './balancer.mjs';
import { consoleAt, curl, firstPort, originsAt, startChat, startGateway } from './chat.mjs';
import { prepare } from './prepare.mjs';
import { atEnd, launch, needPorts } from './processes.mjs';
import { need } from './requirements.mjs';

const first = firstPort();
const gateways = [first, first + 10, first + 20];
const internal = gateways.map((port) => port + 1);
const [chatPort, balancerPort, apiPort, redisPort] = [first + 2, first + 3, first + 4, first + 5];

need('redis-server');
prepare();
await needPorts([...gateways, ...internal, chatPort, balancerPort, apiPort, redisPort]);
await startRedis();
const redisUrl = `redis://127.0.0.1:${redisPort}`;
const pids = await Promise.all(gateways.map((port) => startGateway(port, chatPort, redisUrl)));
createBalancer(gateways).listen(balancerPort, '127.0.0.1');
createApiBalancer(internal).listen(apiPort, '127.0.0.1');
await startChat(chatPort, { gatewayPort: balancerPort, apiPort });

const [home, other] = originsAt(chatPort);
const pages = pids.map((pid, index) => `     ${home}/?gateway=${index + 1}   (process ${pid})`);
console.log(`
  The chat is running, with ${gateways.length} gateways and Redis behind it; for development only.

  1. Open it. It does not matter which gateway holds a tab; this is how to choose one:

${pages.join('\n')}
     ${other}/ (somebody else, in the same browser)

  2. Send to all of them, by any gateway:
${curl(apiPort)}
  3. Watch the gateways, in the console:
${consoleAt(apiPort)}
  4. Kill the process of a gateway (kill -9), and see its tabs go to another.

  Stop with Ctrl-C.
`);

/** Keeps nothing on disk. */
function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'tabcast-cluster-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const options = { port: redisPort, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no' };
  return launch(
    'redis-server',
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
  );
}
