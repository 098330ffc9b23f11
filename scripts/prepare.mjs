// Brings a fresh clone to the point where it runs: right Node, dependencies, build. Quick when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Says one sentence and ends. */
export function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Runs a command in the root folder; its output is shown only when it fails, unless `loud`. */
export function run(command, args, { loud = false } = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: loud ? 'inherit' : 'pipe',
  });
  if (status === 0) return;
  if (!loud) console.error(`${stdout ?? ''}${stderr ?? ''}`);
  fail(`"${[command, ...args].join(' ')}" failed${error ? `: ${error.message}` : ''}.`);
}

/** Checks Node, installs what the lockfile names and builds what has changed. */
export function prepare() {
  process.chdir(root);
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20)
    fail(`tabcast needs Node 20 or newer, and this is ${process.version}: install Node 22 (see .nvmrc).`);
  if (!isInstalled()) {
    console.log('Installing dependencies (npm ci) …');
    run('npm', ['ci', '--no-audit', '--no-fund']);
  }
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-b']);
  run(process.execPath, ['scripts/bundle.mjs']);
}

/** npm writes node_modules/.package-lock.json at each install: older than the lockfile means out of date. */
function isInstalled() {
  const installed = 'node_modules/.package-lock.json';
  if (!existsSync(installed)) return false;
  if (statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) return true;
  return versionsIn(installed) === versionsIn('package-lock.json');
}

function versionsIn(lockfile) {
  const { packages } = JSON.parse(readFileSync(lockfile, 'utf8'));
  const entries = Object.entries(packages).filter(
    ([path, entry]) => path !== '' && !entry.optional && !entry.link,
  );
  return entries
    .map(([path, { version }]) => `${path}@${version}`)
    .sort()
    .join('\n');
}
