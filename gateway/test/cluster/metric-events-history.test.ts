import { describe } from 'node:test';
import { historyScenes } from '../support/metrics/history.js';

/** Every metric about what was missed moves when its event happens, and nothing else of the metric does. */
describe('metrics of history', { concurrency: 2 }, () => {
  for (const scene of historyScenes) scene.play();
});
