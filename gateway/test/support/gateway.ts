import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { reap } from './reap.js';

const program = fileURLToPath(new URL('../../../bin/tabcast.js', import.meta.url));

/** Secrets that all gateways of the tests share. */
export const secret = 'a secret of the tests that is long enough for HS256';
export const apiKey = 'an-api-key-of-the-tests-long-enough-for-production';

/** A log line of a gateway. */
export interface LogLine {
  level: number;
  msg: string;
  [member: string]: unknown;
}

/** One gateway as a process of its own, in production mode, on free ports. */
export class GatewayProcess {
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #workers: number;
  readonly #closed: Promise<unknown>;
  readonly log: LogLine[] = [];
  #errors = '';
  id = '';
  publicPort = 0;
  internalPort = 0;

  private constructor(process: ChildProcess, workers: number) {
    this.#process = process;
    this.#workers = workers;
    this.#closed = once(process, 'close');
    this.#lines = createInterface({ input: process.stdout! }).on('line', (line) =>
      this.log.push(JSON.parse(line)),
    );
    process.stderr!.on('data', (data) => {
      this.#errors += data;
    });
  }

  /**
   * Starts a gateway and waits until it listens.
   * @param options by their environment names without `TABCAST_`, for instance `{ REDIS_URL: … }`; an empty one counts as
   *   not set
   * @param flags further arguments of the command line
   */
  static async start(
    options: Record<string, string> = {},
    flags: readonly string[] = [],
  ): Promise<GatewayProcess> {
    const gateway = GatewayProcess.launch(options, flags);
    await gateway.listening();
    return gateway;
  }

  /**
   * As `start`, without waiting; `listening` or `exited` tell what becomes of it.
   * @param openFiles how many the process may have, where that is to be less than usual
   * @param preloads modules that are loaded before it
   */
  static launch(
    options: Record<string, string> = {},
    flags: readonly string[] = [],
    openFiles?: number,
    preloads: readonly URL[] = [],
  ): GatewayProcess {
    const given = { ...defaults, ...options };
    const environment = Object.entries(given).map(([name, value]) => [`TABCAST_${name}`, value]);
    const imports = preloads.flatMap(({ href }) => ['--import', href]);
    const command = [process.execPath, ...imports, program, 'start', ...flags];
    const limited = openFiles === undefined ? command : ['prlimit', `--nofile=${openFiles}`, ...command];
    const child = spawn(limited[0]!, limited.slice(1), {
      env: { PATH: process.env['PATH'], ...Object.fromEntries(environment) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const gateway = new GatewayProcess(child, Number(options['WORKERS'] ?? 1));
    const reaper = reap(child.pid!);
    child.once('exit', () => reaper.kill('SIGKILL'));
    return gateway;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** What the process has written to standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** What it has written to standard error, and its errors in the log: nothing, where all is well. */
  get complaints(): (string | LogLine)[] {
    return [...(this.#errors === '' ? [] : [this.#errors]), ...this.log.filter(({ level }) => level >= 50)];
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.publicPort}/ws`;
  }

  /** A request to the internal port, with the API key. */
  api(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${apiKey}`, ...(init.headers as Record<string, string>) };
    return fetch(`http://127.0.0.1:${this.internalPort}${path}`, { ...init, headers });
  }

  /** `POST /v1/send`. */
  send(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.api('/v1/send', { method: 'POST', body: JSON.stringify(body), headers });
  }

  /** One value off the metrics page, by its whole name with labels; undefined where it is absent. */
  async metric(name: string): Promise<number | undefined> {
    const page = await (await this.api('/metrics')).text();
    const line = page.split('\n').find((text) => text.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length));
  }

  /** Sends a signal and, unless the process is only paused, waits for its end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.running) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
  }

  /**
   * Resolves with the exit code when the process and its workers have ended, and what they wrote has been read; null after
   * a signal.
   */
  async exited(): Promise<number | null> {
    await this.#closed;
    return this.#process.exitCode;
  }

  /** Resolves when both ports are open, of every worker; rejects when the process ends before. */
  async listening(): Promise<void> {
    const workers = Array.from({ length: this.#workers }, (_, index) => index + 1);
    const isOf = (worker: number) => (line: LogLine) =>
      line.msg === 'listening' && (line['worker'] ?? worker) === worker;
    const [first] = await Promise.all(workers.map((worker) => this.line(isOf(worker))));
    this.#noteAddress(first!);
  }

  /** The first log line that fits, once it has been written; rejects when the process ends before. */
  async line(fits: (line: LogLine) => boolean): Promise<LogLine> {
    const stopWaiting = new AbortController();
    const options = { signal: stopWaiting.signal };
    const ended = once(this.#process, 'exit', options).catch(() => {});
    try {
      for (;;) {
        const line = this.log.find(fits);
        if (line !== undefined) return line;
        if (!this.running) throw new Error(`the gateway ended: ${this.#errors}`);
        await Promise.race([once(this.#lines, 'line', options), ended]);
      }
    } finally {
      stopWaiting.abort();
    }
  }

  #noteAddress(line: LogLine): void {
    const { public: publicPort, internal } = line['ports'] as { public: number; internal: number };
    this.id = String(line['gateway']);
    [this.publicPort, this.internalPort] = [publicPort, internal];
  }
}

const defaults = {
  MODE: 'production',
  PUBLIC_HOST: '127.0.0.1',
  PUBLIC_PORT: '0',
  INTERNAL_PORT: '0',
  ORIGINS: 'https://app.example',
  TOKEN_SECRETS: secret,
  API_KEYS: apiKey,
  LOG_LEVEL: 'info',
  // How fast tabs come is up to the test, and how busy the machine is to chance.
  HANDSHAKE_RATE: '0',
  MAX_LAG: '0',
  DRAIN_LAME_DUCK: '0',
  DRAIN_WINDOW: '0',
};
