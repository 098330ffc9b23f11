import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { root } from '../src/programs/repository.js';

const { platform, arch, versions } = process;
const own = `uws_${platform}_${arch}_${versions.modules}.node`;
const installed = join(root, 'node_modules/uWebSockets.js/dist/bin', own);

describe('gateway/image/slim.mjs', () => {
  let tree: string;

  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'tabcast-slim-'));
    write('node_modules/uWebSockets.js/dist/bin/uws_linux_riscv_1.node');
  });

  afterEach(() => rmSync(tree, { recursive: true }));

  test('keeps the binary of this platform and Node, and what runs', () => {
    cpSync(installed, join(tree, 'node_modules/uWebSockets.js/dist/bin', own));
    const running = ['gateway/dist/src/main.js', 'node_modules/pino/pino.js', 'node_modules/jose/LICENSE.md'];
    const gone = [
      'gateway/dist/src/main.d.ts',
      'gateway/dist/src/main.js.map',
      'node_modules/pino/test/a.js',
    ];
    for (const path of [...running, ...gone]) write(path);
    assert.equal(slim().status, 0);
    for (const path of running) assert.ok(has(path), path);
    for (const path of gone) assert.ok(!has(path), path);
    assert.ok(has(`node_modules/uWebSockets.js/dist/bin/${own}`));
    assert.ok(!has('node_modules/uWebSockets.js/dist/bin/uws_linux_riscv_1.node'));
  });

  test('says which binary is missing, and which are there', () => {
    const { status, stderr } = slim();
    assert.equal(status, 1);
    assert.match(
      stderr,
      new RegExp(`Node v[\\d.]+ needs ${own} of uWebSockets.js, which has: uws_linux_riscv_1.node`),
    );
  });

  test('fails over a binary that does not load', () => {
    write(`node_modules/uWebSockets.js/dist/bin/${own}`);
    assert.match(slim().stderr, new RegExp(`${own}: file too short`));
  });

  function slim() {
    return spawnSync(process.execPath, [join(root, 'gateway/image/slim.mjs')], {
      cwd: tree,
      encoding: 'utf8',
    });
  }

  function has(path: string): boolean {
    return existsSync(join(tree, path));
  }

  function write(path: string): void {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), '');
  }
});
