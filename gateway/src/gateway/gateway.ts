import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Backend } from '../backend/backend.js';
import { noBackend } from '../backend/none.js';
import { type BrokerState, isBrokerFailure } from '../broker/broker.js';
import type { OnlineEvents } from '../cluster/online-events.js';
import { everyGateway } from '../cluster/orders.js';
import type { Revoker } from '../cluster/revoker.js';
import { Router } from '../http/routes.js';
import { type InternalListening, serveInternal } from '../socket/internal.js';
import type { Listening } from '../socket/listen.js';
import { apiRouter } from './api.js';
import { Assembly, type GatewayState } from './assembly.js';
import { loadBackend } from './backends.js';
import type { GatewayOptions, GatewayParts } from './parts.js';

/** How long a gateway without tabs may take to answer its last requests and to close what it holds, in ms. */
const closeTime = 5000;

/** After the last tab has gone, in ms: close frames are on their way, and who connected last has yet to ask. */
const lastWords = 100;

/** How long a Redis that did not answer at the start is left alone, in ms. */
const retryPause = 1000;

/** The life of one gateway: it starts, may be given other options, and leaves. */
export class Gateway {
  readonly #parts: GatewayParts;
  readonly #options: GatewayOptions;
  readonly #assembly: Assembly;
  #backend: Backend = noBackend;
  #online: OnlineEvents | undefined;
  #clocks: NodeJS.Timeout[] = [];
  #public: Listening | undefined;
  #internal: InternalListening | undefined;
  #state: GatewayState = 'starting';
  #left: Promise<void> | undefined;
  #noteEnd = () => {};
  /** Resolves when the gateway has left, whoever wanted that. */
  readonly ended = new Promise<void>((resolve) => {
    this.#noteEnd = resolve;
  });

  constructor(parts: GatewayParts, options: GatewayOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#assembly = new Assembly(parts, options, {
      state: () => this.#state,
      stopAccepting: () => void setImmediate(() => this.#public?.stopAccepting()),
      leave: () => void this.leave(),
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
   * @throws what Broker.start, Registry.start and the application's module throw
   */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      // Who is told to leave meanwhile breaks off what it waits for.
      if (this.#left === undefined) throw error;
    }
  }

  /** Takes over options that may change while tabs are here. The verifier may have changed as well. */
  renew(options: GatewayOptions): void {
    const { apiKeys, tokenCache, rateLimits, server } = this.#assembly;
    Object.assign(this.#options, options);
    apiKeys.replace(options.apiKeys);
    tokenCache?.clear();
    rateLimits.renew(this.#assembly.rateLimitRules());
    server.renew();
  }

  /** @throws {Error} with a sentence, when the certificate cannot be used; the present one stays */
  reloadCertificate(): void {
    this.#assembly.server.reloadCertificate();
  }

  /**
   * Leaves in order: not ready any more, then the drain of its tabs, then the rest. Sends go on until the end. Idempotent;
   * resolves when nothing is left.
   */
  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  /** Leaves without waiting for anybody. */
  hurry(): Promise<void> {
    this.#assembly.leaving.drain.hurry();
    return this.leave();
  }

  async #start(): Promise<void> {
    const { application, broker, log, registry } = this.#parts;
    const { internal, apiBodyLimit } = this.#options;
    const { fanout, heartbeat, presence, revoker, server, webhooks } = this.#assembly;
    this.#backend = await loadBackend({ application, webhooks, fanout, presence, log });
    const api = apiRouter(this.#assembly, this.#parts, this.#options, () => this.#state);
    this.#internal = serveInternal(api, apiBodyLimit, internal);
    await this.#startBroker();
    await registry.start();
    await Promise.all([broker.subscribe(fanout.ownChannel), broker.subscribe(everyGateway)]);
    await this.#loadRevocations(revoker);
    this.#online = this.#assembly.createOnlineEvents(this.#backend);
    await heartbeat.start();
    this.#startClocks();
    this.#serve();
    this.#public = await server.listen(this.#options.public);
    if (this.#state !== 'starting') return;
    this.#state = 'ready';
    this.#parts.workers?.become(true);
    log.info({ ports: this.ports }, 'listening');
  }

  /** A Redis that has fallen silent since it answered first is waited for all the same. */
  async #loadRevocations(revoker: Revoker): Promise<void> {
    for (;;)
      try {
        return await revoker.load();
      } catch (error) {
        if (!isBrokerFailure(error) || this.#left !== undefined) throw error;
        await pause(retryPause, undefined, { ref: false });
      }
  }

  #startBroker(): Promise<void> {
    const { metrics } = this.#assembly;
    return this.#parts.broker.start({
      received: (channel, bytes, position) => this.#received(channel, bytes, position),
      stateChanged: (state) => this.#brokerChanged(state),
      roundTrip: (seconds) => metrics.observe('roundTrip', seconds),
    });
  }

  #startClocks(): void {
    const { slowTabs, deadlines, fanout, leaving, sample } = this.#assembly;
    const everySecond = () => {
      deadlines.tick();
      fanout.tick();
      leaving.tick();
    };
    const tenTimesASecond = () => {
      slowTabs.tick();
      sample.tick();
    };
    this.#clocks = [setInterval(everySecond, 1000), setInterval(tenTimesASecond, 100)];
  }

  #serve(): void {
    const { log, pages } = this.#parts;
    const options = this.#options;
    const rules = this.#assembly.tabRules(this.#backend, this.#online);
    const { backend, counters, verifier } = rules;
    this.#assembly.server.serve(
      rules,
      { ...options, admission: options, verifier, backend, counters },
      new Router(pages, { accepts: () => false }, (error) => log.error({ err: error }, 'a page failed')),
    );
  }

  async #leave(): Promise<void> {
    const { heartbeat, leaving } = this.#assembly;
    const wasReady = this.#state === 'ready';
    this.#state = 'draining';
    this.#parts.workers?.become(false);
    if (this.#internal !== undefined) this.#internal.requests.closing = true;
    void heartbeat.beat();
    if (wasReady) await leaving.drain.run();
    await Promise.race([this.#close(), pause(closeTime)]);
    this.#public?.close();
    this.#internal?.close();
    this.#noteEnd();
  }

  async #close(): Promise<void> {
    const { broker, registry, verifier } = this.#parts;
    // Who has connected but was not accepted yet would be reset; right after a poll that is nobody, as good as.
    await nextTurn();
    this.#internal?.stopAccepting();
    await pause(lastWords);
    await this.#internal?.requests.answered();
    for (const clock of this.#clocks) clearInterval(clock);
    await this.#online?.close();
    await this.#backend.close();
    await this.#assembly.heartbeat.stop();
    await Promise.all([broker.close(), registry.close()]);
    verifier.close();
  }

  /** One publication that cannot be delivered must not end the process, and with it every tab. */
  #received(channel: string, bytes: Uint8Array, position: string | null): void {
    try {
      this.#assembly.fanout.received(channel, bytes, position);
    } catch (error) {
      this.#parts.log.error({ err: error, channel }, 'a publication failed');
    }
  }

  #brokerChanged(state: BrokerState): void {
    if (state === 'down') this.#assembly.counters.brokerLosses++;
    if (state === 'live') {
      this.#online?.recovered();
      this.#assembly.fanout.brokerBack();
    }
    this.#parts.log[state === 'down' ? 'warn' : 'info']({ state }, 'broker');
  }
}
