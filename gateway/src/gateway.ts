import { randomBytes } from 'node:crypto';
import { createApiKeys } from './auth/api-key.js';
import type { TokenVerifier } from './auth/token.js';
import type { Backend } from './backend/backend.js';
import { type ApplicationModule, LocalBackend } from './backend/local.js';
import { noBackend } from './backend/none.js';
import type { Broker, BrokerState } from './broker/broker.js';
import { Fanout } from './fanout/fanout.js';
import { Hub } from './fanout/hub.js';
import { Once } from './fanout/once.js';
import { probeRoutes } from './http/probes.js';
import { type Route, Router } from './http/routes.js';
import { readSend, sendRoute } from './http/send.js';
import type { Logger } from './log.js';
import { Counters } from './metrics/counters.js';
import { MetricsPage } from './metrics/page.js';
import type { AdmissionRules } from './socket/admission.js';
import {
  type Address,
  type Listening,
  PublicServer,
  type SocketLimits,
  serveInternal,
} from './socket/server.js';
import { Deadlines } from './tab/deadlines.js';
import { Tab } from './tab/tab.js';

/** Everything a gateway is made of that differs from one to the next. */
export interface GatewayParts {
  /** Unique in the cluster, see `newGatewayId`. */
  readonly id: string;
  readonly broker: Broker;
  readonly verifier: TokenVerifier;
  /** The application's module; undefined where none is configured. */
  readonly application: ApplicationModule | undefined;
  readonly log: Logger;
  readonly version: string;
  /** A clock in ms since the epoch. */
  readonly now: () => number;
  /** Further routes of the public port; none in production. */
  readonly pages: readonly Route[];
}

export interface GatewayOptions extends AdmissionRules, SocketLimits {
  readonly public: Address;
  readonly internal: Address;
  readonly apiKeys: readonly string[];
  /** Largest body of an API request, in bytes. */
  readonly apiBodyLimit: number;
  readonly anonymous: boolean;
  /** ms, see TabRules. */
  readonly authTimeout: number;
  /** ms, see TabRules. */
  readonly tokenGrace: number;
}

/** A fresh gateway id: short, because every connection id begins with it, and random, because nobody hands them out. */
export function newGatewayId(): string {
  return randomBytes(6).readUIntBE(0, 6).toString(36).padStart(10, '0');
}

/** One gateway, built from its parts here and nowhere else. */
export class Gateway {
  readonly counters = new Counters();
  readonly hub = new Hub();
  readonly #parts: GatewayParts;
  readonly #options: GatewayOptions;
  readonly #fanout: Fanout;
  readonly #server: PublicServer;
  readonly #metrics: MetricsPage;
  readonly #deadlines: Deadlines;
  #clock: NodeJS.Timeout | undefined;
  #public: Listening | undefined;
  #internal: Listening | undefined;
  #state: 'starting' | 'ready' | 'stopping' = 'starting';

  constructor(parts: GatewayParts, options: GatewayOptions) {
    const { broker, id, now, version } = parts;
    const { counters, hub } = this;
    this.#parts = parts;
    this.#options = options;
    this.#server = new PublicServer(options);
    this.#deadlines = new Deadlines(now);
    const once = new Once(() => performance.now());
    this.#fanout = new Fanout({ gateway: id, broker, hub, once, bus: this.#server, counters });
    this.#metrics = new MetricsPage({
      counters,
      version,
      tabs: () => hub.size,
      channels: () => hub.channels,
      brokerLive: () => broker.state === 'live',
    });
  }

  /** The ports that are listened on, once started. */
  get ports(): { public: number; internal: number } {
    return { public: this.#public?.port ?? 0, internal: this.#internal?.port ?? 0 };
  }

  /**
   * Opens the internal port, so that probes can see us starting; waits for the broker, so that a version with wrong
   * credentials is never rolled out; then opens the public port.
   * @throws {CannotListen} a port is in use
   * @throws what Broker.start and the application's module throw
   */
  async start(): Promise<void> {
    const { broker, log } = this.#parts;
    const { internal, apiBodyLimit } = this.#options;
    const backend = await this.#loadBackend();
    this.#internal = await serveInternal(this.#apiRouter(), apiBodyLimit, internal);
    await broker.start({
      received: (channel, bytes) => this.#received(channel, bytes),
      stateChanged: (state) => this.#brokerChanged(state),
      roundTrip: (seconds) => this.#metrics.observeRoundTrip(seconds),
    });
    await broker.subscribe(this.#fanout.ownChannel);
    this.#clock = setInterval(() => this.#deadlines.tick(), 1000);
    this.#serve(backend);
    this.#public = await this.#server.listen(this.#options.public);
    this.#state = 'ready';
    log.info({ ports: this.ports }, 'listening');
  }

  /** Closes every tab with code 4000, the ports and the broker. Idempotent. */
  async stop(): Promise<void> {
    if (this.#state === 'stopping') return;
    this.#state = 'stopping';
    clearInterval(this.#clock);
    for (const tab of this.hub.tabs()) if (tab instanceof Tab) tab.socket.close(4000);
    await this.#parts.broker.close();
    this.#parts.verifier.close();
    this.#public?.close();
    this.#internal?.close();
  }

  async #loadBackend(): Promise<Backend> {
    const { application, log } = this.#parts;
    if (application === undefined) return noBackend;
    const backend = new LocalBackend(async (to, action, details) => {
      const send = readSend({ to, action, details });
      if ('expected' in send) throw new TypeError(`send: ${send.field}: expected ${send.expected}`);
      return this.#fanout.send(send);
    }, log);
    await application(backend);
    return backend;
  }

  #serve(backend: Backend): void {
    const { id: gateway, log, now, pages } = this.#parts;
    const { counters, hub } = this;
    const { authTimeout, tokenGrace } = this.#options;
    const verifier = countTokens(this.#parts.verifier, counters);
    this.#server.serve(
      {
        ...{ gateway, hub, fanout: this.#fanout, backend, verifier, deadlines: this.#deadlines },
        ...{ counters, log, now, authTimeout, tokenGrace },
      },
      { ...this.#options, verifier, counters },
      new Router(pages, { accepts: () => false }, (error) => log.error({ err: error }, 'a page failed')),
    );
  }

  #apiRouter(): Router {
    const routes = [
      {
        method: 'POST' as const,
        path: '/v1/send',
        sentence: 'Sends an action to tabs: one send, or an array of up to 1000.',
        guarded: true,
        answer: sendRoute(this.#fanout, this.counters),
      },
      ...probeRoutes(this.#metrics, () => this.#state),
    ];
    return new Router(routes, createApiKeys(this.#options.apiKeys), (error) =>
      this.#parts.log.error({ err: error }, 'a request failed'),
    );
  }

  /** One publication that cannot be delivered must not end the process, and with it every tab. */
  #received(channel: string, bytes: Uint8Array): void {
    try {
      this.#fanout.received(channel, bytes);
    } catch (error) {
      this.#parts.log.error({ err: error, channel }, 'a publication failed');
    }
  }

  #brokerChanged(state: BrokerState): void {
    if (state === 'down') this.counters.brokerLosses++;
    this.#parts.log[state === 'down' ? 'warn' : 'info']({ state }, 'broker');
  }
}

function countTokens(verifier: TokenVerifier, counters: Counters): TokenVerifier {
  return {
    async verify(token) {
      const verdict = await verifier.verify(token);
      counters.tokens['refused' in verdict ? verdict.refused : 'accepted']++;
      return verdict;
    },
    close: () => verifier.close(),
  };
}
