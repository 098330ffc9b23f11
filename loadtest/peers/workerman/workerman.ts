import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Dialect } from '../../src/fleet/dialect.js';
import { freePort, Program, serverCore } from '../../src/servers/program.js';
import { channelOf } from '../../src/servers/target.js';
import { accepts } from '../accepts.js';
import { Folder } from '../folder.js';
import { httpWay, post } from '../http-way.js';
import { findProgram } from '../installed.js';
import type { Peer } from '../peer.js';
import { targetOf } from '../started.js';

/** The folder of sources: PHP is not compiled. */
const folderOfSources = new URL('../../../peers/workerman/', import.meta.url);

/** What PHP's select can watch: file descriptors below 1024, and some are taken already. */
const selectLimit = 1000;

/** An open socket is in its channels. */
const dialect: Dialect = { welcomeFrames: 0 };

/** PHP that stays in memory, as in a CMS of which this replaces the chat. */
export const workerman: Peer = {
  name: 'workerman',
  title: () => `Workerman ${versions()}`,
  remarks:
    'One process of PHP with its select loop (no event extension: at most 1,000 tabs), fed over HTTP on the same process (its figure includes that: compare with tabcast-http). No Redis, no authentication, nothing kept.',
  maxTabs: selectLimit,
  missing,
  start,
};

function missing(): string | undefined {
  if (findProgram('php') === undefined) return 'php is not installed: apt-get install php-cli';
  if (existsSync(autoload())) return undefined;
  return 'the sources of Workerman are not there: composer require workerman/workerman in loadtest/peers/workerman, or WORKERMAN_AUTOLOAD=<its autoload.php>';
}

function autoload(): string {
  return process.env['WORKERMAN_AUTOLOAD'] ?? fileURLToPath(new URL('vendor/autoload.php', folderOfSources));
}

/** Versions, as the programs themselves tell them. */
function versions(): string {
  const tell = `require getenv('WORKERMAN_AUTOLOAD'); echo Workerman\\Worker::VERSION, ' on PHP ', PHP_VERSION;`;
  const env = { ...process.env, WORKERMAN_AUTOLOAD: autoload() };
  return spawnSync('php', ['-r', tell], { encoding: 'utf8', env }).stdout;
}

async function start() {
  const [port, pushPort] = [await freePort(), await freePort()];
  const folder = new Folder();
  const script = fileURLToPath(new URL('server.php', folderOfSources));
  const program = new Program(serverCore, ['php', script, 'start', '-q'], {
    WORKERMAN_AUTOLOAD: autoload(),
    WORKERMAN_FOLDER: folder.path,
    WORKERMAN_PORT: String(port),
    WORKERMAN_PUSH_PORT: String(pushPort),
  });
  await program.until('listening', () => accepts(pushPort));
  return targetOf({
    name: workerman.name,
    ...{ program, port, folder, dialect },
    tab: ({ user }) => ({ path: `/?user=${user}`, protocols: [] }),
    way: async (destinations, textBytes) =>
      httpWay(
        pushPort,
        destinations.map((destination) => post(`/?id=${channelOf(destination)}`, textBytes)),
      ),
  });
}
