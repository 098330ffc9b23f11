import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { coreTime, cpuMicros, residentBytes, unlessEnded } from '../../src/servers/cpu.js';

describe('what /proc says', () => {
  test('counts the memory and the CPU time of living children too', async () => {
    const script = 'console.log(process.pid); setInterval(() => {}, 1000)';
    const parent = spawn('sh', ['-c', '"$0" -e "$1"; true', process.execPath, script]);
    const [printed] = await once(parent.stdout, 'data');
    const child = Number(printed);
    const ofChild = { memory: residentBytes(child), cpu: cpuMicros(child) };
    assert.notEqual(child, parent.pid);
    assert.ok(ofChild.memory > 0 && ofChild.cpu > 0);
    assert.ok(residentBytes(parent.pid!) > ofChild.memory);
    assert.ok(cpuMicros(parent.pid!) > ofChild.cpu);
    process.kill(child);
    await once(parent, 'exit');
  });

  test('puts up with children and threads that end meanwhile, and with no other trouble', () => {
    assert.equal(
      unlessEnded(() => cpuMicros(2 ** 30), 7),
      7,
    );
    assert.throws(() => unlessEnded(() => coreTime(100_000).busy, 7), /no core/);
    assert.throws(() => cpuMicros(2 ** 30), { code: 'ENOENT' });
  });

  test('knows the cores of this machine, and no other', () => {
    const { busy, stolen, total } = coreTime(0);
    assert.ok(busy > 0 && busy + stolen <= total);
    assert.throws(() => coreTime(100_000), /no core 100000/);
  });
});
