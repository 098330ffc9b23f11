import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Dialect } from '../../src/fleet/dialect.js';
import { freePort, Program, serverCore } from '../../src/servers/program.js';
import { channelOf } from '../../src/servers/target.js';
import { accepts } from '../accepts.js';
import { Folder } from '../folder.js';
import { httpWay, post } from '../http-way.js';
import { findProgram } from '../installed.js';
import type { Peer, Place } from '../peer.js';
import { targetOf } from '../started.js';
import { configuration } from './configuration.js';

/** Where Debian puts it. */
const module = '/usr/lib/nginx/modules/ngx_nchan_module.so';

/** An open socket is subscribed. */
const dialect: Dialect = { welcomeFrames: 0 };

const remarks =
  'C inside nginx, one worker, fed over HTTP on the same process (its figure includes that: compare with tabcast-http). No authentication here; each tab is in three channels by multiplexing; the last messages are buffered in memory.';

/** nginx with nchan, messages in its own memory. */
export const nchan: Peer = {
  name: 'nchan',
  title: () => `nchan ${version()}`,
  remarks,
  missing,
  start: (place) => start(place, false),
};

/** nginx with nchan, messages through Redis. */
export const nchanRedis: Peer = {
  name: 'nchan-redis',
  title: () => `nchan ${version()} + Redis`,
  remarks,
  missing,
  start: (place) => start(place, true),
};

function missing(): string | undefined {
  if (nginx() === undefined) return 'nginx is not installed: apt-get install nginx-light libnginx-mod-nchan';
  return existsSync(module) ? undefined : `${module} is not there: apt-get install libnginx-mod-nchan`;
}

function nginx(): string | undefined {
  return findProgram('nginx', ['/usr/sbin', '/usr/local/sbin']);
}

function version(): string {
  const ofNginx = /nginx\/(\S+)/.exec(spawnSync(nginx()!, ['-v'], { encoding: 'utf8' }).stderr)?.[1];
  return `${debianVersion()} in nginx ${ofNginx}`;
}

function debianVersion(): string {
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query replaces it.
    const query = ['--show', '--showformat=${Version}', 'libnginx-mod-nchan'];
    return execFileSync('dpkg-query', query, { encoding: 'utf8' }).replace(/^\d+:|\+.*$/g, '');
  } catch {
    return '(version unknown)';
  }
}

async function start({ redis }: Place, throughRedis: boolean) {
  const port = await freePort();
  const folder = new Folder();
  const redisPort = throughRedis ? redis.port : undefined;
  const file = folder.write('nginx.conf', configuration({ port, folder: folder.path, module, redisPort }));
  const program = new Program(serverCore, [nginx()!, '-e', 'stderr', '-p', folder.path, '-c', file]);
  await program.until('listening', () => accepts(port));
  return targetOf({
    name: throughRedis ? nchanRedis.name : nchan.name,
    ...{ program, port, folder, dialect },
    ...(throughRedis && { redis }),
    tab: ({ user }) => ({ path: `/sub?user=${user}`, protocols: [] }),
    way: async (destinations, textBytes) =>
      httpWay(
        port,
        destinations.map((destination) => post(`/pub?id=${channelOf(destination)}`, textBytes)),
      ),
  });
}
