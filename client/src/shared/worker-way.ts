import type { Port } from './port.js';
import { listen, type Way } from './way.js';

/** What is needed of a SharedWorker. */
export interface WorkerLike {
  readonly port: Port;
  onerror: { bivariant(event: unknown): unknown }['bivariant'] | null;
}

/** The way to a carrier in a SharedWorker. @param start connects to the worker, and starts it when it does not run */
export function workerWay(start: () => WorkerLike): Way {
  return (listener) => {
    const worker = start();
    // The script cannot be loaded, or Content-Security-Policy is against it.
    worker.onerror = () => listener.broken();
    const { port } = worker;
    listen(port, listener);
    return {
      say: (message) => port.postMessage(message),
      hangUp: () => {
        port.onmessage = null;
        port.close();
      },
    };
  };
}
