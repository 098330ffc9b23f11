import { describe } from 'node:test';
import { alone } from '../support/metrics/alone.js';
import { limitScenes } from '../support/metrics/limits.js';

/** Every metric about tabs, and what they run into, moves when its event happens, and nothing else of the metric does. */
describe('metrics of tabs', { concurrency: 2 }, () => {
  for (const scene of [alone, ...limitScenes]) scene.play();
});
