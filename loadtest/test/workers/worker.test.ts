import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Worker } from '../../src/workers/worker.js';
import { isRunning } from '../support/running.js';
import type { Echo } from './echo-process.js';

const echoProcess = new URL('./echo-process.js', import.meta.url);

describe('Worker', { timeout: 20_000 }, () => {
  test('asks a process, which tells what goes wrong', async (t) => {
    const worker = new Worker<Echo>(echoProcess);
    t.after(() => worker.stop());
    assert.equal(await worker.ask('say', 'hello'), 'hello');
    await assert.rejects(worker.ask('fail', 'no luck'), /^Error: no luck$/);
  });

  test('rejects what is asked of a process that has ended without our knowing', async () => {
    const worker = new Worker<Echo>(echoProcess);
    const pid = await worker.ask('pid');
    worker.stop();
    // Nothing that the loop would tell us meanwhile.
    while (isRunning(pid));
    await assert.rejects(worker.ask('say', 'hello'), /^Error: echo-process.js has exited with SIGKILL$/);
  });
});
