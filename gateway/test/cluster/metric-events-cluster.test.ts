import { describe } from 'node:test';
import { clusterScenes } from '../support/metrics/cluster.js';

/** Every metric about Redis and other gateways moves when its event happens, and nothing else of the metric does. */
describe('metrics of the cluster', { concurrency: 2 }, () => {
  for (const scene of clusterScenes) scene.play();
});
