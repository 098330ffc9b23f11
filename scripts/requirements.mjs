// Programs that tests and the local cluster need from Debian: installed when we may, else named with the remedy.
import { spawnSync } from 'node:child_process';
import { fail, run } from './prepare.mjs';

const packages = {
  'redis-server': 'redis-server',
  php: 'php-cli',
  chromium: 'chromium',
  haproxy: 'haproxy',
  nginx: 'nginx-light',
  prometheus: 'prometheus',
  'prometheus-redis-exporter': 'prometheus-redis-exporter',
  'docker-compose': 'docker-compose',
  tini: 'tini',
  debootstrap: 'debootstrap',
};

const isRoot = process.getuid?.() === 0;

/** What does as well, by program. */
const substitutes = { chromium: ['google-chrome'] };

/** Makes sure that these programs, or substitutes, are there. */
export function need(...programs) {
  const missing = missingOf(programs);
  if (missing.length === 0) return;
  const install = installation(missing);
  if (!mayInstall())
    fail(`Missing: ${missing.join(', ')}. Install on Debian or Ubuntu with: sudo ${install.join(' ')}`);
  for (const command of [['apt-get', 'update', '-qq'], install]) run(...asRoot(command));
}

/** Installs what it can of these programs, and says which are missing: tests that need one of those are skipped. */
export function want(...programs) {
  const missing = missingOf(programs);
  const known = missing.filter((program) => packages[program] !== undefined);
  if (known.length > 0 && mayInstall()) {
    for (const command of [['apt-get', 'update', '-qq'], installation(known)]) succeeds(...asRoot(command));
  }
  for (const program of missingOf(missing))
    console.log(`Missing: ${program}. Tests that need it are skipped.`);
}

function missingOf(programs) {
  return programs.filter((program) => ![program, ...(substitutes[program] ?? [])].some(found));
}

function installation(programs) {
  const wanted = programs.map((program) => packages[program]);
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...wanted];
}

function mayInstall() {
  return found('apt-get') && (isRoot || succeeds('sudo', ['-n', 'true']));
}

/** A command of apt-get, as `run` takes it, that asks nothing. */
function asRoot(command) {
  console.log(`${command.join(' ')} …`);
  const [file, ...args] = [
    ...(isRoot ? [] : ['sudo', '-n']),
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    ...command,
  ];
  return [file, args];
}

/** Servers are in folders that are seldom on the PATH of others than root. */
function found(program) {
  return succeeds('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin"; command -v ${program}`]);
}

function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
