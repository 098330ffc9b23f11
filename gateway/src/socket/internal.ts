import type { Address } from './cannot-listen.js';
import { type Answering, createExchange } from './exchange.js';
import { type Listening, listenOn } from './listen.js';
import { Requests } from './requests.js';
import { uws } from './uws.js';

/** The internal port, and the requests that it has to answer. */
export interface InternalListening extends Listening {
  readonly requests: Requests;
}

/**
 * Serves the internal port: every request goes to `answering`.
 * @throws {CannotListen}
 */
export function serveInternal(answering: Answering, bodyLimit: number, address: Address): InternalListening {
  const app = uws.App();
  const requests = new Requests();
  app.any('/*', createExchange(answering, bodyLimit, requests));
  return { ...listenOn(app, address), close: () => void app.close(), requests };
}
