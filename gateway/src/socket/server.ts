import type { LocalBus } from '../fanout/delivery.js';
import type { Logger } from '../log.js';
import type { Counters } from '../metrics/counters.js';
import type { TabRules } from '../tab/rules.js';
import type { SharedSocket } from '../tab/shared-socket.js';
import { Bystander } from './bystander.js';
import type { Address } from './cannot-listen.js';
import { type CertificateFiles, checkCertificate } from './certificate.js';
import type { Answering } from './exchange.js';
import { type HandshakeLimitOptions, HandshakeLimits } from './handshake-limits.js';
import type { Listening } from './listen.js';
import { PublicPort } from './public-port.js';
import { SocketApp, type SocketAppRules, type SocketLimits } from './socket-app.js';
import { createUpgrade, type UpgradeRules } from './upgrade.js';

export interface PublicOptions extends SocketLimits, HandshakeLimitOptions, CertificateFiles {}

/** The public port and the tabs behind it. Made before its rules, because fan-out publishes through it. */
export class PublicServer implements LocalBus {
  readonly #options: PublicOptions;
  readonly #log: Logger;
  readonly #port: PublicPort;
  /** The last one takes newcomers. Those before it have certificates that were replaced since. */
  #apps: readonly SocketApp[];
  #rules: SocketAppRules | undefined;
  #bystander: Bystander | undefined;
  #numbered = 0;

  /** @throws {Error} with a sentence, when the certificate cannot be used */
  constructor(options: PublicOptions, log: Logger, counters: Counters) {
    this.#options = options;
    this.#log = log;
    this.#port = new PublicPort(options.capacity.connections, log, counters);
    this.#apps = [this.#build()];
  }

  /** Connections to the public port: WebSockets, and those that are none yet or will never be. */
  get connections(): number {
    return this.#port.connections;
  }

  /** WebSockets, those included that are closed for everyone else but have yet to read what came before. */
  get sockets(): number {
    return this.#apps.reduce((sum, { sockets }) => sum + sockets, 0);
  }

  /** Of them those that tabs share. */
  sharedSockets(): SharedSocket[] {
    return this.#apps.flatMap(({ shared }) => [...shared]);
  }

  publish(topic: string, bytes: Uint8Array, binary: boolean): void {
    for (const { app } of this.#apps) app.publish(topic, bytes, binary, this.#options.compression);
  }

  subscribers(topic: string): number {
    return this.#apps.reduce((sum, { app }) => sum + app.numSubscribers(topic), 0);
  }

  /** Says what is served on the port. To be called once, before `listen`. */
  serve(tabs: TabRules, upgradeRules: UpgradeRules, pages: Answering): void {
    const handshakeLimits = new HandshakeLimits(this.#options, tabs.counters, () => performance.now());
    this.#rules = {
      ...{ limits: this.#options, tabs, pages, publicPort: this.#port, handshakeLimits },
      takeHandshake: createUpgrade(upgradeRules, handshakeLimits, (write) => this.#bystander?.cork(write)),
      nextNumber: () => this.#numbered++,
    };
    for (const app of this.#apps) app.furnish(this.#rules);
  }

  /**
   * Opens the port.
   * @throws {CannotListen}
   */
  async listen(address: Address): Promise<Listening> {
    const bystander = await Bystander.open();
    this.#bystander = bystander;
    const stopWatching = this.#rules!.handshakeLimits.watch();
    const close = () => {
      stopWatching();
      bystander.close();
      this.#port.close();
      for (const { app } of this.#apps) app.close();
    };
    try {
      const port = this.#port.open(this.#apps.at(-1)!.app, address);
      return { port, stopAccepting: () => this.#port.close(), close };
    } catch (error) {
      close();
      throw error;
    }
  }

  /** To be called when options have changed. */
  renew(): void {
    this.#rules?.handshakeLimits.renew();
  }

  /**
   * Reads the certificate anew for those who connect from now on; tabs stay as they are. Without TLS there is nothing to
   * do.
   * @throws {Error} with a sentence, when the certificate cannot be used; the present one stays
   */
  reloadCertificate(): void {
    if (this.#options.tlsCertFile === '') return;
    const app = this.#build();
    if (this.#rules !== undefined) app.furnish(this.#rules);
    this.#port.leadTo(app.app);
    // The app that was the newest may hold connections that are on their way to become tabs; older ones cannot.
    const older = this.#apps.slice(0, -1);
    for (const { app, isEmpty } of older) if (isEmpty) app.close();
    this.#apps = [...older.filter(({ isEmpty }) => !isEmpty), ...this.#apps.slice(-1), app];
  }

  #build(): SocketApp {
    if (this.#options.tlsCertFile !== '') {
      const expires = checkCertificate(this.#options, Date.now());
      this.#log.info({ expires: new Date(expires).toISOString() }, 'certificate');
    }
    return new SocketApp(this.#options);
  }
}
