import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { measureMicro } from '../../src/micro/bench.js';
import { micros } from '../../src/micro/index.js';

describe('micro-benches', () => {
  for (const micro of micros)
    test(`${micro.name}: every operation does what it is called for`, () => {
      for (const { name, run } of micro.operations()) assert.doesNotThrow(run, name);
    });

  test('figures are of one operation, not of a sample of many', async () => {
    let clock = 0;
    const operation = { name: 'takes 2 ms', repeats: 10, run: () => (clock += 2) };
    const micro = { name: 'm', about: '', operations: () => [operation] };
    const [figure] = await measureMicro(micro, 1000, () => clock);
    assert.deepEqual([figure!.median, figure!.p75, figure!.p99, figure!.perSecond], [2e6, 2e6, 2e6, 500]);
  });

  test('an operation that fails is not a figure', async () => {
    const operation = {
      name: 'fail',
      repeats: 1,
      run() {
        throw new Error('no');
      },
    };
    await assert.rejects(measureMicro({ name: 'm', about: '', operations: () => [operation] }, 5), {
      message: 'no',
    });
  });
});
