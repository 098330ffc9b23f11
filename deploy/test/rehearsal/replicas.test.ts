import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Readings, wantedReplicas } from '../../src/rehearsal/replicas.js';

/** https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details */
describe('wanted replicas', () => {
  const cases: readonly (readonly [what: string, readings: Readings, target: number, wanted: number])[] = [
    ['twice the target: twice as many', [200], 100, 2],
    ['half the target: half as many', [50, 50], 100, 1],
    ['the mean counts, not the fullest', [1, 0.5, 0.3], 0.6, 3],
    ['a part of a replica is one more', [0.9, 0.9], 0.7, 3],
    ['exactly as many as needed are enough', [0.9, 0.9, 0.9], 0.3, 9],
    ['on target: as many as there are', [0.7, 0.7], 0.7, 2],
    ['10 % above are tolerated', [0.77, 0.77], 0.7, 2],
    ['11 % above are not', [0.777, 0.777], 0.7, 3],
    ['10 % below are tolerated', [0.63, 0.63, 0.63, 0.63, 0.63, 0.63, 0.63, 0.63, 0.63, 0.63], 0.7, 10],
    ['11 % below are not', [0.62, 0.62, 0.62, 0.62, 0.62, 0.62, 0.62, 0.62, 0.62, 0.62], 0.7, 9],
    ['all empty: none, before the least is minded', [0, 0], 0.7, 0],
    ['one that does not tell is taken for empty where more are wanted', [1.4, undefined], 0.7, 2],
    ['more of them are wanted all the same, if that is not enough', [2.1, undefined], 0.7, 3],
    ['one that does not tell is taken for full where fewer are wanted', [0.35, undefined], 0.7, 2],
    ['fewer of them are wanted all the same, if that is not enough', [0.1, 0.1, undefined], 0.7, 2],
    ['what is assumed never turns more into fewer', [0.8, undefined, undefined], 0.7, 3],
    ['nobody tells: as many as there are', [undefined, undefined], 0.7, 2],
  ];
  for (const [what, readings, target, wanted] of cases)
    test(what, () => assert.equal(wantedReplicas(readings, target), wanted));
});
