import type { Keys } from '../auth/keys.js';
import type { Reading } from '../config/config.js';
import type { Config, OptionName } from '../config/options.js';
import { problemText } from '../config/problem.js';
import { renew } from '../config/renewal.js';
import type { Gateway } from '../gateway/gateway.js';
import type { GatewayOptions } from '../gateway/parts.js';
import type { Logger } from '../log.js';
import { type Contents, differing, readContents } from './files.js';
import type { Io } from './io.js';
import { readKeys, type Trust, trustOptions } from './trust.js';

/** What a reload acts on. */
export interface ReloadParts {
  readonly gateway: Pick<Gateway, 'renew' | 'reloadCertificate'>;
  /** @throws {Error} with a sentence */
  readonly optionsOf: (config: Config) => GatewayOptions;
  readonly trust: Trust;
  /** Reads all sources of the configuration anew. */
  readonly read: () => Reading;
  readonly log: Logger;
  readonly io: Io;
}

/**
 * Takes over a changed configuration while tabs stay where they are. It is checked as a whole first: whatever is wrong
 * with it, everything stays as it was.
 */
export class Reload {
  readonly #parts: ReloadParts;
  #config: Config;
  #contents: Contents;
  #last: Promise<void> = Promise.resolve();

  /** @throws {Error} with a sentence, when a file cannot be read */
  constructor(parts: ReloadParts, config: Config) {
    this.#parts = parts;
    this.#config = config;
    this.#contents = readContents(config, parts.io);
  }

  /** Reloads, after reloads that are under way. Never rejects; the log tells what came of it. */
  run(): Promise<void> {
    this.#last = this.#last
      .then(() => this.#reload())
      .catch((error: unknown) => this.#refuse([(error as Error).message]));
    return this.#last;
  }

  async #reload(): Promise<void> {
    const { gateway, io, log, optionsOf, read, trust } = this.#parts;
    const reading = read();
    if (reading.problems.length > 0) return this.#refuse(reading.problems.map(problemText));
    const { config, changed: options, ignored } = renew(this.#config, reading.config);
    const [gatewayOptions, contents] = [optionsOf(config), readContents(config, io)];
    const changed = [...new Set([...options, ...differing(this.#contents, contents)])];
    const keys = includesAny(changed, trustOptions) ? await this.#openKeys(config) : undefined;
    try {
      if (includesAny(changed, ['tls-cert-file', 'tls-key-file'])) gateway.reloadCertificate();
    } catch (error) {
      keys?.close();
      throw error;
    }
    // From here on nothing can fail.
    if (keys !== undefined) trust.exchange(config, keys);
    gateway.renew(gatewayOptions);
    [this.#config, this.#contents] = [config, contents];
    this.#tell(changed, ignored);
    log.level = config.logLevel;
  }

  /**
   * Keys that are all at hand, or lack only what those before lack too: exchanging some that work for some that are yet to
   * come would turn tabs away.
   * @throws {Error} with a sentence
   */
  async #openKeys(config: Config): Promise<Keys> {
    const { io, log, trust } = this.#parts;
    const keys = await readKeys(config, log, io);
    const sameSet = config.tokenJwksUrl === this.#config.tokenJwksUrl;
    if (sameSet) keys.beginWith(trust.keys);
    await keys.open();
    if (keys.complete || sameSet) return keys;
    keys.close();
    throw new Error('token-jwks-url: the key set cannot be fetched');
  }

  #refuse(problems: readonly string[]): void {
    for (const problem of problems) this.#parts.log.error({ problem }, 'not reloaded');
  }

  /** In the more talkative of the old level and the new one, so that whoever changes the level sees it. */
  #tell(changed: readonly OptionName[], ignored: readonly OptionName[]): void {
    const { log } = this.#parts;
    if (!log.isLevelEnabled('info')) log.level = this.#config.logLevel;
    log.info({ changed }, 'reloaded');
    if (ignored.length > 0) log.warn({ options: ignored }, 'these options keep their values until a restart');
  }
}

function includesAny(names: readonly OptionName[], wanted: readonly OptionName[]): boolean {
  return wanted.some((name) => names.includes(name));
}
