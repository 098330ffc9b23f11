import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Folders whose contents lie upon one another in overlayfs: the uppermost first, at least two. */
export type Layers = readonly string[];

/** Where what is written above layers goes, and a folder beside it that overlayfs wants for itself. */
export interface Top {
  readonly layer: string;
  readonly work: string;
}

/** Commands of sh that show layers at a folder; without a top nothing can be written there. */
export function shown(layers: Layers, at: string, top?: Top): string {
  const writes = top && `upperdir=${top.layer},workdir=${top.work}`;
  const options = [`lowerdir=${layers.join(':')}`, writes].filter(Boolean).join(',');
  return `mount -t overlay -o ${quoted(options)} overlay ${quoted(at)}`;
}

/** Commands of sh that give a root what programs expect of a kernel: /proc of their own processes, and the harmless devices. */
export function withKernel(root: string): string {
  const dev = `${quoted(root)}/dev`;
  return [
    `mount -t proc proc ${quoted(root)}/proc`,
    `mount -t tmpfs -o mode=755 tmpfs ${dev}`,
    `ln -s /proc/self/fd ${dev}/fd`,
    `for device in null zero full random urandom; do touch ${dev}/$device; mount --bind /dev/$device ${dev}/$device; done`,
  ].join('\n');
}

/** Ends a program together with what started it; not where it changes its user afterwards. */
export const endsWithParent = ['setpriv', '--pdeathsig=KILL'];

/** Starts commands of sh as process 1 of a world of their own: what they mount, nobody else sees. They end with us. */
export function apart(commands: readonly string[]): ChildProcess {
  const script = ['set -e', ...commands].join('\n');
  const [file, ...args] = [...endsWithParent, 'unshare', '--mount', '--pid', '--fork', '--kill-child'];
  return spawn(file!, [...args, 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
}

/** Resolves when a program has ended, with its exit code and all it said. */
export async function endOf(program: ChildProcess): Promise<{ code: number | null; output: string }> {
  const exited = new Promise<number | null>((resolve, reject) =>
    program.on('error', reject).on('close', resolve),
  );
  const said = await Promise.all([text(program.stdout!), text(program.stderr!)]);
  return { code: await exited, output: said.join('') };
}

/** A command with its environment and folder, as arguments of sh. */
export function within(
  folder: string,
  environment: Readonly<Record<string, string>>,
  command: readonly string[],
): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return ['env', '--ignore-environment', `--chdir=${folder}`, ...variables, ...command].map(quoted).join(' ');
}

/** A word of sh. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
