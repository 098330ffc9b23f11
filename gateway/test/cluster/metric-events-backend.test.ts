import { describe } from 'node:test';
import { backendScenes } from '../support/metrics/backend.js';

/** Every metric about webhooks moves when its event happens, and nothing else of the metric does. */
describe('metrics of the backend', { concurrency: 2 }, () => {
  for (const scene of backendScenes) scene.play();
});
