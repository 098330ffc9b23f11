import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

for (const command of ['bench', 'compare', 'keep', 'micro', 'worker']) {
  const script = fileURLToPath(new URL(`../../src/cli/${command}.js`, import.meta.url));
  const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

  test(`${command}: --help says what there is, and that is no error`, () => {
    const { status, stdout, stderr } = run('--help');
    assert.match(stdout, /^usage: npm run /);
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  test(`${command}: what it does not know is an error, with what there is`, () => {
    const { status, stdout, stderr } = run('--does-not-exist');
    assert.match(stderr, /--does-not-exist.*\n\nusage: npm run /s);
    assert.equal(stdout, '');
    assert.equal(status, 2);
  });
}
