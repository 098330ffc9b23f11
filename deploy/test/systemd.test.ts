import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { exitCodes } from '@tabcast/gateway/internal/cli/io';
import { options } from '@tabcast/gateway/internal/config/options';
import { blockWith, documentAt } from '@tabcast/gateway/testing/documents';
import { root } from '../src/programs/repository.js';
import { without } from './support/programs.js';

const unit = blockWith(documentAt('docs/operations.md'), 'ini', '[Service]');

/** The value of a setting, which must be there once. */
function setting(name: string): string {
  const [[, value] = assert.fail(`no ${name}`), ...others] = [
    ...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm')),
  ];
  assert.equal(others.length, 0);
  return value!;
}

describe('the systemd unit of docs/operations.md', () => {
  test('waits for the end of a drain', () => {
    const drain = options['drain-lame-duck'].default + options['drain-window'].default;
    assert.equal(Number(setting('TimeoutStopSec')), drain / 1000 + 15);
  });

  test('does not try mistakes again', () => {
    const codes = setting('RestartPreventExitStatus').split(' ').map(Number);
    assert.deepEqual(codes, [exitCodes.usage, exitCodes.config]);
  });

  test('is such as systemd takes, and lets the gateway do little', {
    skip: without('systemd-analyze'),
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'tabcast-unit-'));
    try {
      const path = join(folder, 'tabcast.service');
      // As they are here: systemd looks for the program and the user.
      const here = unit
        .replace('/usr/bin/node', process.execPath)
        .replace('/opt/tabcast/', root)
        .replace('User=tabcast', 'User=daemon');
      writeFileSync(path, here);
      const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
      assert.deepEqual([verified.status, verified.stdout, verified.stderr], [0, '', '']);
      // Of 100; a unit without any of these settings has 96.
      const atMost = ['security', '--offline=true', '--threshold=25', path];
      assert.equal(spawnSync('systemd-analyze', atMost).status, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
