import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, Program, serverCore } from '@tabcast/loadtest/servers/program';
import { exchanged } from './exchanged.js';
import { told } from './installed.js';
import { Names } from './names.js';
import { textOf } from './repository.js';

/** Gateways that differ in their address only, as containers do. */
export interface Behind {
  /** Those that are there at the start; `point` changes them. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly internalPort: number;
}

/** A place on 127.0.0.1 for each port of the balancer. */
interface Ports {
  readonly public: number;
  readonly internal: number;
  readonly figures: number;
}

/** The real HAProxy with the configuration of the repository. It finds the gateways by a DNS of ours. */
export class Haproxy {
  readonly program: Program;
  readonly #ports: Ports;
  readonly #names: Names;
  readonly #folder: string;

  /**
   * Resolves when it sends tabs to all of them.
   * @param core on which it runs
   */
  static async start(behind: Behind, core = serverCore): Promise<Haproxy> {
    const names = await Names.start();
    const ports = { public: await freePort(), internal: await freePort(), figures: await freePort() };
    const folder = await mkdtemp(join(tmpdir(), 'tabcast-haproxy-'));
    const file = join(folder, 'haproxy.cfg');
    await writeFile(file, configuration(behind, ports, names.place));
    const program = new Program(core, told('haproxy', '-db', '-f', file));
    const haproxy = new Haproxy(program, ports, names, folder);
    haproxy.point(behind.addresses);
    try {
      await haproxy.untilServing(behind.addresses.length);
      return haproxy;
    } catch (error) {
      await haproxy.stop();
      throw error;
    }
  }

  private constructor(program: Program, ports: Ports, names: Names, folder: string) {
    this.program = program;
    this.#ports = ports;
    this.#names = names;
    this.#folder = folder;
  }

  /** For tabs. */
  get port(): number {
    return this.#ports.public;
  }

  /** For backends. */
  get internalPort(): number {
    return this.#ports.internal;
  }

  /** Gives the name of the gateways these addresses. */
  point(addresses: readonly string[]): void {
    this.#names.set('gateway', addresses);
  }

  /** Resolves when it sends new tabs to so many gateways. Rejects after ten seconds. */
  async untilServing(gateways: number): Promise<void> {
    await this.program.until(`serving ${gateways} gateways`, async () =>
      (await this.#serving()) === gateways ? true : undefined,
    );
  }

  async stop(): Promise<void> {
    await this.program.stop();
    this.#names.stop();
    await rm(this.#folder, { recursive: true });
  }

  async #serving(): Promise<number | undefined> {
    const answer = await fetch(`http://127.0.0.1:${this.#ports.figures}/metrics`).catch(() => undefined);
    const active = /^haproxy_backend_active_servers\{proxy="tabs"\} (\d+)$/m.exec(
      (await answer?.text()) ?? '',
    );
    return active === null ? undefined : Number(active[1]);
  }
}

function configuration({ port, internalPort }: Behind, ports: Ports, dns: string): string {
  return exchanged(textOf('deploy/haproxy/haproxy.cfg'), {
    'bind :8080': `bind 127.0.0.1:${ports.public}`,
    'bind :8081': `bind 127.0.0.1:${ports.internal}`,
    'bind :8404': `bind 127.0.0.1:${ports.figures}`,
    'gateway:8080': `gateway:${port}`,
    'gateway:8081': `gateway:${internalPort}`,
    'check port 8081': `check port ${internalPort}`,
    '127.0.0.11:53': dns,
    // Fewer open files than a container has.
    'maxconn 21000': 'maxconn 8100',
    'maxconn 20000': 'maxconn 8000',
  });
}
