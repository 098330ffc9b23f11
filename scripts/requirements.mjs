// Programs that tests and the local cluster need from Debian: installed when we may, else named with the remedy.
import { spawnSync } from 'node:child_process';
import { fail, run } from './prepare.mjs';

const packages = { 'redis-server': 'redis-server', php: 'php-cli', chromium: 'chromium' };

/** What does as well, by program. */
const substitutes = { chromium: ['google-chrome'] };

/** Makes sure that these programs, or substitutes, are there. */
export function need(...programs) {
  const missing = programs.filter((program) => ![program, ...(substitutes[program] ?? [])].some(found));
  if (missing.length === 0) return;
  const wanted = missing.map((program) => packages[program]);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...wanted];
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (!found('apt-get') || (asRoot.length > 0 && !succeeds('sudo', ['-n', 'true'])))
    fail(`Missing: ${missing.join(', ')}. Install on Debian or Ubuntu with: sudo ${install.join(' ')}`);
  console.log(`Installing ${wanted.join(', ')} …`);
  for (const [command, ...args] of [
    [...asRoot, 'apt-get', 'update', '-qq'],
    [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', ...install],
  ])
    run(command, args);
}

function found(program) {
  return succeeds('sh', ['-c', `command -v ${program}`]);
}

function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
