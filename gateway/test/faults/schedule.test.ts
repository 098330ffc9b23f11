import { describe, test } from 'node:test';
import { faultSeed, onOneRedis, undergo } from '../support/ordeal.js';

/** How long faults go on, in ms. */
const length = 6000;

describe('faults by chance, several at a time', { timeout: 120_000 }, () => {
  test('leave nothing lost in silence, nothing twice, nothing out of order', (t) =>
    undergo(t, onOneRedis, faultSeed(), length));
});
