import { globalSocket } from '../settings.js';
import { surroundings } from '../surroundings.js';
import { Carrier } from './carrier.js';
import { released } from './locks.js';
import { sharedUrl } from './names.js';
import type { Port } from './port.js';

/** What is needed of SharedWorkerGlobalScope. */
interface WorkerScope {
  readonly name: string;
  onconnect: { bivariant(event: { ports: readonly Port[] }): void }['bivariant'] | null;
}

/** Whether this is the global scope of a SharedWorker. */
export function isSharedWorker(scope: object): scope is WorkerScope {
  return 'onconnect' in scope;
}

/** Makes a SharedWorker the carrier of the pages that connect to it. Its name says to which URL. */
export function carryInWorker(scope: WorkerScope): void {
  const carrier = new Carrier({
    url: sharedUrl(scope.name),
    WebSocket: globalSocket(),
    released: (lock) => released(navigator.locks, lock),
    after: surroundings.after,
  });
  scope.onconnect = ({ ports: [port] }) => carrier.attach(port!);
}
