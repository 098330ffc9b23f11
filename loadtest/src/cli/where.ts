import type { RemoteOptions } from '../servers/remote.js';

/** Which servers a load is put on. */
export type Where = Spawned | Remote;

/** Started here, for the load. */
export interface Spawned {
  readonly kind: 'spawned';
  readonly gateways: number;
  readonly history: boolean;
  /** How sends get to tabs: by the HTTP API, or past the gateways as Redis would carry them. */
  readonly through: 'api' | 'redis';
}

/** There already, anywhere. */
export interface Remote extends RemoteOptions {
  readonly kind: 'remote';
}
