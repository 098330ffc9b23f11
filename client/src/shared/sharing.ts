import type { ConnectOptions, SocketChooser } from '../options.js';
import { pageLife } from '../page-life.js';
import { globalSocket } from '../settings.js';
import type { WebSocketConstructor } from '../socket.js';
import { surroundings } from '../surroundings.js';
import { Carrier } from './carrier.js';
import { Election } from './election.js';
import { holdLock, released } from './locks.js';
import { sharedName } from './names.js';
import { SharedSocket, type Sharing } from './shared-socket.js';
import type { Way } from './way.js';
import { workerWay } from './worker-way.js';

/** The bundle for `<script>` is its own worker; others have theirs beside them. */
let defaultWorker: string | undefined;

/** Says where the script of the SharedWorker lies, for those who do not say so by the option `worker`. */
export function setDefaultWorker(script: string): void {
  defaultWorker = script;
}

/** Opens sockets that the pages of this browser share, as the options say. Undefined where they are not to be shared. */
export const shareSocket: SocketChooser = (url, options) => {
  if (!isWanted(options) || !isSupported()) return undefined;
  const sharing: Sharing = {
    ways: ways(url, options),
    crowded: false,
    unsent: [],
    holdLock: () => holdLock(navigator.locks),
    life: pageLife,
    after: surroundings.after,
    WebSocket: options.WebSocket ?? globalSocket(),
  };
  return class extends SharedSocket {
    constructor(url: string, protocols: string[]) {
      super(sharing, url, protocols);
    }
  };
};

function isWanted({ share, token, getToken, WebSocket }: ConnectOptions): boolean {
  if (share !== undefined) return share !== false;
  return (token !== undefined || getToken !== undefined) && WebSocket === undefined;
}

/** In a page, whose end the others notice by its Web Locks. Insecure contexts have none. */
function isSupported(): boolean {
  return typeof document === 'object' && navigator.locks !== undefined;
}

function ways(url: string, { share, worker, WebSocket }: ConnectOptions): Way[] {
  const name = sharedName(url);
  const found: Way[] = [];
  if (share !== 'leader' && typeof SharedWorker === 'function')
    found.push(workerWay(() => startWorker(name, worker)));
  if (share !== 'worker' && typeof BroadcastChannel === 'function')
    found.push(leaderWay(name, url, WebSocket ?? globalSocket()));
  return found;
}

function startWorker(name: string, script: string | URL | undefined = defaultWorker): SharedWorker {
  // Bundlers find the file by this, and copy it. Inside `new SharedWorker` they would want to know the options too.
  const url = script ?? new URL('./worker.js', import.meta.url);
  // Not in every browser, nor in TypeScript's types yet: lives on for a moment while the browser goes from page to page.
  const options = { name, extendedLifetime: true };
  return new SharedWorker(url, options);
}

function leaderWay(name: string, url: string, WebSocket: WebSocketConstructor): Way {
  const { after } = surroundings;
  const carrier = (onIdle: () => void) =>
    new Carrier({
      url,
      WebSocket,
      released: (lock) => released(navigator.locks, lock),
      after,
      onIdle,
    });
  const election = new Election({
    name,
    request: (lock, signal, held) => navigator.locks.request(lock, { signal }, held),
    channel: (channel) => new BroadcastChannel(channel),
    carrier,
    life: pageLife,
    after,
  });
  return election.way;
}
