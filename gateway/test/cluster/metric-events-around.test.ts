import { describe } from 'node:test';
import { backendScenes } from '../support/metrics/backend.js';
import { clusterScenes } from '../support/metrics/cluster.js';

/** Every metric about what surrounds a gateway moves when its event happens, and nothing else of the metric does. */
describe('metrics of Redis, of other gateways and of the backend', { concurrency: 2 }, () => {
  for (const scene of [...clusterScenes, ...backendScenes]) scene.play();
});
