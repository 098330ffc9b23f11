import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { metricTable } from '@tabcast/gateway/internal/metrics/table';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { parse } from 'yaml';
import { textOf } from '../src/programs/repository.js';
import { allOf, manifestsOf, theOne } from './support/manifests.js';
import { without } from './support/programs.js';

const withHpa = 'production';
const withKeda = 'production with the other components';
const onCluster = 'redis-cluster with an autoscaler';
const fullness = 'tabcast_tabs_capacity_ratio';

describe('autoscaling', { skip: without('kubectl') }, () => {
  const hpa = () =>
    theOne<IHorizontalPodAutoscaler>(manifestsOf(withHpa), 'HorizontalPodAutoscaler', 'tabcast').spec!;
  const keda = () => theOne<IScaledObject>(manifestsOf(withKeda), 'ScaledObject', 'tabcast').spec!;

  test('either is there, never both, and the number of gateways is its own', () => {
    assert.deepEqual(allOf(manifestsOf(withHpa), 'ScaledObject'), []);
    assert.deepEqual(allOf(manifestsOf(withKeda), 'HorizontalPodAutoscaler'), []);
    for (const name of [withHpa, withKeda, onCluster] as const) {
      const { spec } = theOne<IDeployment>(manifestsOf(name), 'Deployment', 'tabcast');
      assert.equal(spec!.replicas, undefined);
    }
    assert.deepEqual(hpa().scaleTargetRef, { apiVersion: 'apps/v1', kind: 'Deployment', name: 'tabcast' });
    assert.equal(keda().scaleTargetRef.name, 'tabcast');
  });

  test('both ask for the same', () => {
    const [cpu, tabs] = hpa().metrics!;
    const [kedaCpu, kedaTabs] = keda().triggers;
    assert.equal(String(cpu!.resource!.target.averageUtilization), kedaCpu!.metadata['value']);
    assert.equal(tabs!.pods!.target.averageValue, `${Number(kedaTabs!.metadata['threshold']) * 1000}m`);
    const { minReplicaCount, maxReplicaCount, advanced } = keda();
    assert.deepEqual([hpa().minReplicas, hpa().maxReplicas], [minReplicaCount, maxReplicaCount]);
    assert.deepEqual(hpa().behavior, advanced!.horizontalPodAutoscalerConfig!.behavior);
    assert.ok(hpa().minReplicas! >= 3);
  });

  test('up at once; down one gateway at a time, and only when the drain of the last one is long over', () => {
    const { scaleUp, scaleDown } = hpa().behavior!;
    assert.equal(scaleUp!.stabilizationWindowSeconds, 0);
    assert.equal(scaleDown!.stabilizationWindowSeconds, 1800);
    const [policy, ...others] = scaleDown!.policies!;
    assert.deepEqual([policy!.type, policy!.value, others], ['Pods', 1, []]);
    const { template } = theOne<IDeployment>(manifestsOf(withHpa), 'Deployment', 'tabcast').spec!;
    assert.ok(policy!.periodSeconds > 2 * template.spec!.terminationGracePeriodSeconds!);
  });

  test('what they ask for is a metric of the gateways, and prometheus-adapter offers it under that name', () => {
    assert.ok(metricTable.some(({ name }) => name === fullness));
    const [, tabs] = hpa().metrics!;
    assert.equal(tabs!.pods!.metric.name, fullness);
    const { rules } = parse(textOf('k8s/components/hpa/prometheus-adapter.yaml')) as AdapterValues;
    const [rule, ...others] = rules.custom;
    assert.deepEqual(others, []);
    assert.ok(rule!.seriesQuery.startsWith(`${fullness}{`));
    assert.equal(rule!.name.as, fullness);
  });

  test('KEDA asks for the gateways of its own namespace', () => {
    const { metadata } = theOne<IScaledObject>(manifestsOf(withKeda), 'ScaledObject', 'tabcast');
    const [, tabs] = keda().triggers;
    assert.equal(tabs!.metadata['query'], `sum(${fullness}{namespace="${metadata.namespace}"})`);
  });
});

interface AdapterValues {
  readonly rules: {
    readonly custom: { readonly seriesQuery: string; readonly name: { readonly as: string } }[];
  };
}
