import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiKey, GatewayProcess, type LogLine, secret } from './gateway.js';

type Settings = Readonly<Record<string, unknown>>;

const basics: Settings = {
  'token-secrets': [secret],
  'api-keys': [apiKey],
  origins: ['https://app.example'],
  'log-level': 'info',
};

/** A gateway whose configuration is a file that a test can change. */
export class ConfiguredGateway {
  readonly folder: string;
  #gateway: GatewayProcess | undefined;
  #settings: Settings;

  private constructor(folder: string, settings: Settings) {
    this.folder = folder;
    this.#settings = settings;
  }

  /**
   * Makes the folder, but starts nothing yet.
   * @param settings by the names of options, beside what every gateway of the tests has
   */
  static async make(settings: Settings = {}): Promise<ConfiguredGateway> {
    const folder = await mkdtemp(join(tmpdir(), 'tabcast-configured-'));
    return new ConfiguredGateway(folder, { ...basics, ...settings });
  }

  get gateway(): GatewayProcess {
    return this.#gateway!;
  }

  /** @param environment as GatewayProcess takes it */
  async start(environment: Record<string, string> = {}): Promise<void> {
    const inFile = { TOKEN_SECRETS: '', API_KEYS: '', ORIGINS: '', LOG_LEVEL: '' };
    const unset = { HANDSHAKE_RATE: '', MAX_LAG: '' };
    const path = await this.write('tabcast.json', JSON.stringify(this.#settings));
    this.#gateway = await GatewayProcess.start({ ...inFile, ...unset, ...environment }, ['--config', path]);
  }

  /** Writes a file of the folder, and answers its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, text);
    return path;
  }

  /** Changes the file and sends SIGHUP. Resolves with what the log says of it, once it has said `lines` of them. */
  async reload(settings: Settings = {}, lines = 1): Promise<LogLine[]> {
    return this.reloadFrom(this.with(settings), lines);
  }

  /** Changes settings, and answers the file as it is then to be. */
  with(settings: Settings): string {
    this.#settings = { ...this.#settings, ...settings };
    return JSON.stringify(this.#settings);
  }

  /** As `reload`, with a file that may be anything. */
  async reloadFrom(text: string, lines = 1): Promise<LogLine[]> {
    const from = this.gateway.log.length;
    await this.write('tabcast.json', text);
    process.kill(this.gateway.pid, 'SIGHUP');
    const said = () => this.gateway.log.slice(from).filter(({ msg }) => /reloaded|until a restart/.test(msg));
    await this.gateway.line(() => said().length >= lines);
    return said();
  }

  async close(): Promise<void> {
    await this.#gateway?.kill('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }
}
