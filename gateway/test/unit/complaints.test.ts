import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Complaints } from '../../src/complaints.js';

test('a complaint is written when it is new, and again when half a minute has passed', () => {
  const written: string[] = [];
  let now = 0;
  const complaints = new Complaints(
    (reason) => written.push(`${now} ${reason}`),
    () => now,
  );
  for (; now < 60_000; now += 1000) {
    complaints.complain('refused');
    if (now === 5000) complaints.complain('reset');
  }
  assert.deepEqual(written, ['0 refused', '5000 reset', '30000 refused']);
});
