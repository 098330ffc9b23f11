import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Image } from './build.js';
import { apart, endOf, endsWithParent, quoted, shown, within, withKernel } from './layers.js';

/** An image that runs as in production: nothing to write to, no privilege and no way to one, the network of this machine. */
export class Container {
  /** Resolves when process 1 has ended. */
  readonly ended: Promise<{ code: number | null; output: string }>;
  readonly #program: ChildProcess;
  readonly #image: Image;
  readonly #environment: Readonly<Record<string, string>>;

  /**
   * @param root an empty folder to show its files at
   * @param command instead of the image's own
   */
  constructor(
    image: Image,
    root: string,
    environment: Readonly<Record<string, string>>,
    command?: readonly string[],
  ) {
    const { configuration } = image;
    this.#image = image;
    this.#environment = { ...configuration.environment, ...environment };
    const all = [...configuration.entrypoint, ...(command ?? configuration.command)];
    this.#program = apart([
      shown(image.layers, root),
      withKernel(root),
      `mount -o remount,ro ${quoted(root)}/dev`,
      `exec chroot ${quoted(root)} ${this.#unprivileged([...endsWithParent, ...all])}`,
    ]);
    this.ended = endOf(this.#program);
  }

  /** Runs a command beside process 1, as the same user. */
  run(...command: string[]): Promise<{ code: number | null; output: string }> {
    const enter = `exec nsenter --target ${this.#pid} --mount --pid --root ${this.#unprivileged(command)}`;
    return endOf(spawn('sh', ['-c', enter], { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Sends process 1 a signal. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.#pid, name);
  }

  /** Ends it without a goodbye. */
  async kill(): Promise<void> {
    // Process 1 goes with it.
    this.#program.kill('SIGKILL');
    await this.ended;
  }

  /** Process 1 as this machine counts: the one child of unshare. */
  get #pid(): number {
    const { pid } = this.#program;
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
    // A signal to 0 would be one to ourselves.
    if (child === 0) throw new Error('the container has ended');
    return child;
  }

  #unprivileged(command: readonly string[]): string {
    const { user, folder } = this.#image.configuration;
    const [uid, gid] = user.split(':');
    const nothing = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--no-new-privs'];
    const setpriv = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...nothing];
    return within(folder, this.#environment, [...setpriv, ...command]);
  }
}
