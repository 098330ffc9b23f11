import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, Program, serverCore } from '@tabcast/loadtest/servers/program';
import { exchanged } from './exchanged.js';
import type { Behind } from './haproxy.js';
import { told } from './installed.js';
import { textOf } from './repository.js';

/** The real nginx with the configuration of the repository. Its gateways are those of the start. */
export class Nginx {
  readonly program: Program;
  /** For tabs. */
  readonly port: number;
  /** For backends. */
  readonly internalPort: number;
  readonly #folder: string;

  /**
   * Resolves when it answers for a gateway that is ready.
   * @param core on which it runs
   */
  static async start(behind: Behind, core = serverCore): Promise<Nginx> {
    const [port, internalPort] = [await freePort(), await freePort()];
    const folder = await mkdtemp(join(tmpdir(), 'tabcast-nginx-'));
    const file = join(folder, 'nginx.conf');
    await writeFile(file, configuration(behind, port, internalPort, folder));
    const command = told('nginx', '-c', file, '-e', 'stderr', '-g', 'daemon off;');
    const nginx = new Nginx(new Program(core, command), port, internalPort, folder);
    await nginx.program.untilStarted('serving', async () => {
      const health = `http://127.0.0.1:${internalPort}/balancer/health`;
      const answer = await fetch(health).catch(() => undefined);
      return answer?.status === 200 ? true : undefined;
    });
    return nginx;
  }

  private constructor(program: Program, port: number, internalPort: number, folder: string) {
    this.program = program;
    this.port = port;
    this.internalPort = internalPort;
    this.#folder = folder;
  }

  async stop(): Promise<void> {
    await this.program.stop();
    await rm(this.#folder, { recursive: true });
  }
}

function configuration(behind: Behind, port: number, internalPort: number, folder: string): string {
  // Debian's nginx is older than `resolve`: the addresses are said instead of found.
  const servers = (gatewayPort: number) =>
    behind.addresses
      .map((address) => `server ${address}:${gatewayPort} max_fails=1 fail_timeout=2s;`)
      .join('\n    ');
  return exchanged(textOf('deploy/nginx/nginx.conf'), {
    'listen 8080;': `listen 127.0.0.1:${port};`,
    'listen 8081;': `listen 127.0.0.1:${internalPort};`,
    'server gateway:8080 resolve max_fails=1 fail_timeout=2s;': servers(behind.port),
    'server gateway:8081 resolve max_fails=1 fail_timeout=2s;': servers(behind.internalPort),
    '/tmp/': `${folder}/`,
    // Fewer open files than a container has.
    'worker_rlimit_nofile 50000': 'worker_rlimit_nofile 9000',
    'worker_connections 20000': 'worker_connections 4000',
  });
}
