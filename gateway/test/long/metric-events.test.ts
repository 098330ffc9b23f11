import { describe } from 'node:test';
import { slowScenes } from '../support/metrics/slow.js';

/** What cluster/metric-events*.test.ts do with events that are over at once, for those that take their time. */
describe('metrics of what takes its time', { concurrency: 2 }, () => {
  for (const scene of slowScenes) scene.play();
});
