import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../../src/programs/repository.js';
import { apart, endOf, type Layers, quoted } from './layers.js';

const run = promisify(execFile);

/** Of Node 22. */
const npm = 'npm@10';

/** Fetched once: it is the same for days, and takes half a minute. */
const kept = join(root, 'deploy/dist/debian-with-node');

/**
 * Layers that stand for `node:22-bookworm-slim`, which needs a Docker engine to be fetched: the smallest Debian 12, and upon it Node
 * and npm from the npm registry. Rejects without a network.
 */
export async function debianWithNode(): Promise<Layers> {
  if (!existsSync(kept)) await fetchTo(kept);
  return [join(kept, 'node'), join(kept, 'debian')];
}

async function fetchTo(folder: string): Promise<void> {
  const unfinished = `${folder}-unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await Promise.all([
    installDebian(join(unfinished, 'debian')),
    installNode(join(unfinished, 'node/usr/local'), join(unfinished, 'npm')),
  ]);
  rmSync(join(unfinished, 'npm'), { recursive: true });
  renameSync(unfinished, folder);
}

/** Apart, because debootstrap mounts /proc in there: were it killed, a mount would stay for whoever takes the folder away. */
async function installDebian(to: string): Promise<void> {
  const { code, output } = await endOf(apart([`exec debootstrap --variant=minbase bookworm ${quoted(to)}`]));
  if (code !== 0) throw new Error(`debootstrap exited with ${code}:\n${output.slice(-2000)}`);
}

async function installNode(to: string, folder: string): Promise<void> {
  const packageOfNode = `node-linux-${process.arch}`;
  const options = ['--no-save', '--ignore-scripts', '--prefix', folder];
  await run('npm', ['install', ...options, `${packageOfNode}@22`, npm]);
  cpSync(join(folder, 'node_modules', packageOfNode, 'bin'), join(to, 'bin'), { recursive: true });
  cpSync(join(folder, 'node_modules/npm'), join(to, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(to, 'bin/npm'));
  symlinkSync('../lib/node_modules/npm/bin/npx-cli.js', join(to, 'bin/npx'));
}
