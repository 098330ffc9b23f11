import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { loadCore, Program } from '../../src/servers/program.js';
import { until } from '../support/peer.js';
import { isRunning } from '../support/running.js';

/** Started by this file as the lab that somebody kills: starts a program, and says which. */
const asLab = process.argv[2] === 'lab';

if (asLab) {
  const program = new Program(loadCore, ['sh', '-c', 'echo ready; exec sleep 1000']);
  await program.until('ready', () => (program.output === 'ready\n' ? true : undefined));
  process.send!(program.pid);
} else
  describe('a program', { timeout: 20_000 }, () => {
    test('ends with us, even when we are killed', async () => {
      const lab = fork(new URL(import.meta.url), ['lab']);
      const [pid] = (await once(lab, 'message')) as [number];
      assert.ok(isRunning(pid));
      lab.kill('SIGKILL');
      await until('no program', () => !isRunning(pid));
    });

    test('that is killed before it is ready is not waited for', async () => {
      const program = new Program(loadCore, ['sh', '-c', 'kill -9 $$']);
      await assert.rejects(
        program.until('ready', () => undefined),
        /has exited with SIGKILL before ready/,
      );
    });

    test('tells how it has ended: with its exit code, or by a signal', async () => {
      const [failing, killed] = ['exit 3', 'kill -9 $$'].map((script) => {
        return new Program(loadCore, ['sh', '-c', script]).exited;
      });
      assert.equal(await failing, 3);
      assert.equal(await killed, 'SIGKILL');
    });

    test('keeps the end of what it prints', async () => {
      const program = new Program(loadCore, ['sh', '-c', 'yes | head -c 200000; echo end']);
      await program.until('end', () => (program.output.endsWith('end\n') ? true : undefined));
      assert.ok(program.output.length < 100_000);
    });
  });
