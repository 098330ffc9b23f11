import { describe, test } from 'node:test';
import { faultSeed, onOneRedis, undergo } from '../support/ordeal.js';

/** How long faults go on in one of them, in ms. */
const length = 15_000;

describe('faults by chance, several at a time, for longer', { timeout: 240_000 }, () => {
  const seed = faultSeed();
  for (const more of [0, 1, 2, 3])
    test(`leave nothing lost in silence, nothing twice, nothing out of order: ${more + 1}`, (t) =>
      undergo(t, onOneRedis, seed + more, length));
});
