import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Autoscaler, type ScalingRules, type ScalingSpec } from '../../src/rehearsal/autoscaler.js';

/** As fast as can be, in both directions. */
const atOnce: ScalingRules = {
  stabilizationWindowSeconds: 0,
  policies: [{ type: 'Pods', value: 100, periodSeconds: 1 }],
};

const spec = (rules: Partial<ScalingSpec>): ScalingSpec => ({
  ...{ minReplicas: 1, maxReplicas: 100, target: 1, scaleUp: atOnce, scaleDown: atOnce },
  ...rules,
});

/**
 * What it decides one after the other.
 * @param shows what all replicas together show, by the second
 */
function decisions(
  rules: Partial<ScalingSpec>,
  start: number,
  shows: Readonly<Record<number, number>>,
): number[] {
  const autoscaler = new Autoscaler(spec(rules));
  let replicas = start;
  return Object.entries(shows).map(([now, load]) => {
    const readings = Array.from({ length: replicas }, () => load / replicas);
    replicas = autoscaler.decide(Number(now), readings);
    return replicas;
  });
}

/** https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior */
describe('the autoscaler', () => {
  test('stays between least and most', () => {
    assert.deepEqual(decisions({ minReplicas: 2, maxReplicas: 5 }, 3, { 0: 50, 1: 0.1 }), [5, 2]);
  });

  describe('of what was wanted within the window', () => {
    const window: ScalingRules = { ...atOnce, stabilizationWindowSeconds: 300 };

    test('the most counts when it scales down', () => {
      const shows = { 0: 5, 15: 2, 60: 4, 299: 2, 300: 2, 359: 2, 361: 2 };
      assert.deepEqual(decisions({ scaleDown: window }, 5, shows), [5, 5, 5, 5, 4, 4, 2]);
    });

    test('the least counts when it scales up', () => {
      const shows = { 0: 2, 15: 9, 60: 4, 299: 9, 300: 9, 361: 9 };
      assert.deepEqual(decisions({ scaleUp: window }, 2, shows), [2, 2, 2, 2, 4, 9]);
    });
  });

  describe('policies', () => {
    const up = (...policies: ScalingRules['policies']) => ({
      scaleUp: { stabilizationWindowSeconds: 0, policies },
    });
    const down = (...policies: ScalingRules['policies']) => ({
      scaleDown: { stabilizationWindowSeconds: 0, policies },
    });
    const pods = (value: number, periodSeconds = 60) => ({ type: 'Pods', value, periodSeconds }) as const;
    const percent = (value: number, periodSeconds = 60) =>
      ({ type: 'Percent', value, periodSeconds }) as const;

    test('so many pods come within a period', () => {
      assert.deepEqual(decisions(up(pods(4)), 1, { 0: 20, 15: 20, 59: 20, 60: 20, 75: 20 }), [5, 5, 5, 9, 9]);
    });

    test('the double of what there was comes within a period', () => {
      assert.deepEqual(decisions(up(percent(100)), 3, { 0: 20, 15: 20, 60: 20 }), [6, 6, 12]);
    });

    test('of several the one that allows most counts', () => {
      assert.deepEqual(decisions(up(percent(100), pods(4)), 1, { 0: 40, 60: 40, 120: 40 }), [5, 10, 20]);
    });

    test('one at a time goes', () => {
      const shows = { 0: 1, 15: 1, 299: 1, 300: 1, 600: 1, 900: 1 };
      assert.deepEqual(decisions(down(pods(1, 300)), 4, shows), [3, 3, 3, 2, 1, 1]);
    });

    // The example of the documentation: 80 replicas, at most 10 % or 5 pods in a minute.
    test('10 % go while that is more than four pods', () => {
      const shows = { 0: 10, 60: 10, 120: 10 };
      assert.deepEqual(decisions(down(pods(4), percent(10)), 80, shows), [72, 64, 57]);
    });

    test('the one that allows least counts when it is selected', () => {
      const { scaleDown } = down(pods(4), percent(10));
      const rules = { scaleDown: { ...scaleDown, selectPolicy: 'Min' } } as const;
      assert.deepEqual(decisions(rules, 80, { 0: 10, 60: 10 }), [76, 72]);
    });

    test('nothing goes where that is disabled', () => {
      const { scaleDown } = down(pods(4));
      const rules = { scaleDown: { ...scaleDown, selectPolicy: 'Disabled' } } as const;
      assert.deepEqual(decisions(rules, 3, { 0: 1, 60: 9 }), [3, 9]);
    });
  });
});
