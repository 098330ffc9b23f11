import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latencies } from '../../src/books/latency.js';
import { noLosses } from '../../src/books/ledger.js';
import type { Reading } from '../../src/fleet/plan.js';
import { Phases } from '../../src/scenarios/phases.js';

/** A fleet whose tabs feel one latency per reading: these in turn, ms. */
function fleetFeeling(latencies: number[]) {
  const read = (): Reading => {
    const felt = new Latencies();
    for (const latency of latencies.splice(0, 1)) felt.record(latency);
    return {
      ...{ open: 1, received: 7, latencies: felt.encode(), welcomes: new Latencies().encode(), closes: {} },
      ...{ reconnects: 0, failures: 0, unrecovered: 0, clockError: 0 },
    };
  };
  return { open: async () => {}, read, settle: () => noLosses };
}

const countIn = (reading: Reading) => Latencies.decode(reading.latencies).count;

test('keeps apart what tabs feel in each phase', async () => {
  const phases = new Phases<'calm' | 'rough'>(fleetFeeling([1, 2, 500]), 'calm');
  await phases.read();
  await phases.enter('rough');
  await phases.look();
  assert.equal(phases.latency('calm').max, 2);
  assert.equal(phases.latency('rough').p50 >= 500, true);
  assert.ok(Number.isNaN(phases.welcome('calm').max));
});

test('gives whoever reads everything once, whoever looks and enters phases between', async () => {
  const phases = new Phases<'calm' | 'rough'>(fleetFeeling([1, 2, 3, 4]), 'calm');
  await phases.enter('rough');
  await phases.look();
  assert.equal(countIn(await phases.read()), 3);
  assert.equal(countIn(await phases.read()), 1);
});
