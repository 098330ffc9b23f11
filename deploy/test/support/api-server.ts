import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, loadCore, Program } from '@tabcast/loadtest/servers/program';
import { told } from '../../src/programs/installed.js';

/** How a command has ended. */
interface Outcome {
  readonly status: number | null;
  /** What it printed, complaints and warnings first. */
  readonly said: string;
}

/** A real API server of Kubernetes with its etcd: everything that it says of a manifest, and no node that runs one. */
export class ApiServer {
  readonly #folder: string;
  readonly #programs: Program[] = [];

  static async start(): Promise<ApiServer> {
    const server = new ApiServer(await mkdtemp(join(tmpdir(), 'tabcast-kubernetes-')));
    try {
      await server.#serve(await server.#keep());
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Hands a command of kubectl this, as JSON. */
  kubectl(args: readonly string[], input: unknown = ''): Outcome {
    const { status, stdout, stderr } = spawnSync(
      'kubectl',
      [`--kubeconfig=${join(this.#folder, 'config')}`, `--cache-dir=${join(this.#folder, 'cache')}`, ...args],
      { input: JSON.stringify(input), encoding: 'utf8', timeout: 60_000 },
    );
    return { status, said: stderr + stdout };
  }

  async stop(): Promise<void> {
    for (const program of this.#programs.reverse()) await program.stop();
    await rm(this.#folder, { recursive: true });
  }

  /** Starts etcd; returns its address. */
  async #keep(): Promise<string> {
    const [clients, peers] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
    const etcd = this.#run(
      'etcd',
      `--data-dir=${join(this.#folder, 'etcd')}`,
      `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`,
      `--listen-peer-urls=${peers}`,
    );
    await etcd.until('health', async () => {
      const answer = await fetch(`${clients}/health`).catch(() => undefined);
      return answer?.ok ? true : undefined;
    });
    return clients;
  }

  async #serve(etcd: string): Promise<void> {
    const [key, tokens, port] = [join(this.#folder, 'key'), join(this.#folder, 'tokens'), await freePort()];
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(key, privateKey.export({ type: 'pkcs1', format: 'pem' }));
    const token = randomBytes(16).toString('hex');
    await writeFile(tokens, `${token},admin,admin,"system:masters"`);
    await writeFile(join(this.#folder, 'config'), JSON.stringify(access(port, token)));
    const server = this.#run(
      'kube-apiserver',
      `--etcd-servers=${etcd}`,
      `--cert-dir=${join(this.#folder, 'certificates')}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--token-auth-file=${tokens}`,
      '--authorization-mode=RBAC',
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-cluster-ip-range=10.0.0.0/24',
    );
    await server.until('readiness', () =>
      this.kubectl(['get', '--raw=/readyz']).status === 0 ? true : undefined,
    );
  }

  #run(...command: readonly string[]): Program {
    const program = new Program(loadCore, told(...command));
    this.#programs.push(program);
    return program;
  }
}

/** What kubectl reads: how to reach the server, whose certificate is one of its own. */
function access(port: number, token: string): object {
  const cluster = { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
}
