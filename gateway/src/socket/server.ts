import type { LocalBus } from '../fanout/fanout.js';
import type { Logger } from '../log.js';
import type { Counters } from '../metrics/counters.js';
import type { TabRules } from '../tab/rules.js';
import { Bystander } from './bystander.js';
import type { Address } from './cannot-listen.js';
import { type CertificateFiles, checkCertificate } from './certificate.js';
import { Door } from './door.js';
import { Entry, type EntryLimits } from './entry.js';
import type { Answering } from './exchange.js';
import { Hall, type HallRules, type SocketLimits } from './hall.js';
import type { Listening } from './listen.js';
import { createUpgrade, type UpgradeRules } from './upgrade.js';

export interface PublicOptions extends SocketLimits, EntryLimits, CertificateFiles {}

/** The public port and the tabs behind it. Made before its rules, because fan-out publishes through it. */
export class PublicServer implements LocalBus {
  readonly #options: PublicOptions;
  readonly #log: Logger;
  readonly #door: Door;
  /** The last one takes newcomers. Those before it have certificates that were replaced since. */
  #halls: readonly Hall[];
  #rules: HallRules | undefined;
  #bystander: Bystander | undefined;
  #numbered = 0;

  /** @throws {Error} with a sentence, when the certificate cannot be used */
  constructor(options: PublicOptions, log: Logger, counters: Counters) {
    this.#options = options;
    this.#log = log;
    this.#door = new Door(options.capacity.connections, log, counters);
    this.#halls = [this.#build()];
  }

  /** Connections to the public port: tabs, and those that are none yet or will never be. */
  get connections(): number {
    return this.#door.connections;
  }

  /** Tabs that are connected, those included that are closed for everyone else but have yet to read what came before. */
  get tabs(): number {
    return this.#halls.reduce((sum, { tabs }) => sum + tabs, 0);
  }

  publish(topic: string, bytes: Uint8Array, binary: boolean): void {
    for (const { app } of this.#halls) app.publish(topic, bytes, binary, this.#options.compression);
  }

  /** Says what is served on the port. To be called once, before `listen`. */
  serve(tabs: TabRules, upgradeRules: UpgradeRules, pages: Answering): void {
    const entry = new Entry(this.#options, tabs.counters, () => performance.now());
    this.#rules = {
      ...{ limits: this.#options, tabs, pages, door: this.#door, entry },
      takeHandshake: createUpgrade(upgradeRules, entry, (write) => this.#bystander?.cork(write)),
      nextNumber: () => this.#numbered++,
    };
    for (const hall of this.#halls) hall.furnish(this.#rules);
  }

  /**
   * Opens the port.
   * @throws {CannotListen}
   */
  async listen(address: Address): Promise<Listening> {
    const bystander = await Bystander.open();
    this.#bystander = bystander;
    const stopWatching = this.#rules!.entry.watch();
    const close = () => {
      stopWatching();
      bystander.close();
      this.#door.close();
      for (const { app } of this.#halls) app.close();
    };
    try {
      const port = this.#door.open(this.#halls.at(-1)!.app, address);
      return { port, stopAccepting: () => this.#door.close(), close };
    } catch (error) {
      close();
      throw error;
    }
  }

  /** To be called when options have changed. */
  renew(): void {
    this.#rules?.entry.renew();
  }

  /**
   * Reads the certificate anew for those who connect from now on; tabs stay as they are. Without TLS there is nothing to
   * do.
   * @throws {Error} with a sentence, when the certificate cannot be used; the present one stays
   */
  reloadCertificate(): void {
    if (this.#options.tlsCertFile === '') return;
    const hall = this.#build();
    if (this.#rules !== undefined) hall.furnish(this.#rules);
    this.#door.leadTo(hall.app);
    // The hall that was the newest may hold connections that are on their way to become tabs; older ones cannot.
    const older = this.#halls.slice(0, -1);
    for (const { app, isEmpty } of older) if (isEmpty) app.close();
    this.#halls = [...older.filter(({ isEmpty }) => !isEmpty), ...this.#halls.slice(-1), hall];
  }

  #build(): Hall {
    if (this.#options.tlsCertFile !== '') {
      const expires = checkCertificate(this.#options, Date.now());
      this.#log.info({ expires: new Date(expires).toISOString() }, 'certificate');
    }
    return new Hall(this.#options);
  }
}
