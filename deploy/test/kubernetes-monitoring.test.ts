import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import { parse, parseAllDocuments } from 'yaml';
import { root, textOf } from '../src/programs/repository.js';
import { gatewayAlerts } from '../src/rules/alerts/gateways.js';
import { redisAlerts } from '../src/rules/alerts/redis.js';
import { schemaProblems, typeProblems } from './support/manifest-types.js';
import { type Manifest, manifestsOf, podsIn, theOne } from './support/manifests.js';
import { without } from './support/programs.js';

type Labels = Readonly<Record<string, string>>;

/** As far as it matters here, with the endpoints of either kind. */
interface Monitor extends Manifest {
  readonly spec: {
    readonly jobLabel?: string;
    readonly selector: { readonly matchLabels: Labels };
    readonly podMetricsEndpoints?: readonly Endpoint[];
    readonly endpoints?: readonly Endpoint[];
  };
}

interface Endpoint {
  readonly port: string;
  readonly relabelings: readonly {
    readonly sourceLabels?: readonly string[];
    readonly targetLabel: string;
    readonly replacement?: string;
  }[];
}

/** What an alert matches; the operator would take the name of the monitor. */
const jobIn = ({ expr }: { readonly expr: string }) => /up\{job="(\w+)"\}/.exec(expr)![1]!;
const jobOfRules = jobIn(gatewayAlerts.TabcastNoGateway);
const redisJobOfRules = jobIn(redisAlerts.TabcastRedisUnobserved);

const serviceMonitor = parse(textOf('k8s/monitoring/service-monitor/service-monitor.yaml')) as Monitor;

describe('what the Prometheus operator is given', { skip: without('kubectl') }, () => {
  let manifests: readonly Manifest[];
  before(() => {
    const { stdout } = spawnSync('kubectl', ['kustomize', join(root, 'k8s/monitoring')], {
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
    });
    manifests = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
  });
  const podMonitor = (name: string) => theOne<Monitor>(manifests, 'PodMonitor', name).spec;

  test('the schemas of all kinds take it, and no field has a name that nobody knows', async () => {
    const all = [...manifests, serviceMonitor];
    assert.deepEqual(all.map(({ kind }) => kind).sort(), [
      'ConfigMap',
      'PodMonitor',
      'PodMonitor',
      'PrometheusRule',
      'ServiceMonitor',
    ]);
    assert.deepEqual((await Promise.all(all.map(schemaProblems))).flat(), []);
    assert.deepEqual(typeProblems(all), []);
  });

  test('the PodMonitor finds the internal port of gateways', () => {
    const { jobLabel, selector, podMetricsEndpoints } = podMonitor('tabcast');
    const { metadata, spec } = (parse(textOf('k8s/base/deployment.yaml')) as Required<IDeployment>).spec
      .template;
    assert.ok(isWithin(selector.matchLabels, metadata!.labels!));
    assert.equal(metadata!.labels![jobLabel!], jobOfRules);
    const ports = spec!.containers.flatMap(({ ports = [] }) => ports);
    const found = ports.find(({ name }) => name === podMetricsEndpoints![0]!.port);
    assert.equal(found?.containerPort, 8081);
  });

  for (const [variant, ...observed] of [
    ['dev', 'StatefulSet tabcast-redis'],
    ['redis-cluster', 'StatefulSet tabcast-redis-cluster'],
    ['production', 'Deployment tabcast-redis-exporter'],
  ] as const)
    test(`${variant}: the other PodMonitor finds the exporters of Redis, and nothing else`, () => {
      const { selector, podMetricsEndpoints } = podMonitor('tabcast-redis');
      const found = podsIn(manifestsOf(variant)).flatMap(([owner, { metadata, spec }]) => {
        const ports = spec!.containers.flatMap(({ ports = [] }) => ports);
        const scraped = ports.filter(({ name }) => name === podMetricsEndpoints![0]!.port);
        // 9121 is where exporters listen that nobody tells otherwise.
        for (const { containerPort } of scraped) assert.equal(containerPort, 9121);
        return isWithin(selector.matchLabels, metadata!.labels!) ? scraped.map(() => owner) : [];
      });
      assert.deepEqual(found, observed);
    });

  test('what is found is called as rules and dashboard call it', () => {
    const { podMetricsEndpoints } = podMonitor('tabcast-redis');
    const byPod = { sourceLabels: ['__meta_kubernetes_pod_name'], targetLabel: 'instance' };
    assert.deepEqual(podMetricsEndpoints![0]!.relabelings, [
      { targetLabel: 'job', replacement: redisJobOfRules },
      byPod,
    ]);
    assert.deepEqual(podMonitor('tabcast').podMetricsEndpoints![0]!.relabelings, [byPod]);
  });

  test('the ServiceMonitor finds it behind a Service', () => {
    const { jobLabel, selector, endpoints } = serviceMonitor.spec;
    const services = parseAllDocuments(textOf('k8s/base/services.yaml')).map((one) => one.toJS());
    const found = services
      .filter(({ metadata }) =>
        isWithin({ ...selector.matchLabels, [jobLabel!]: jobOfRules }, metadata.labels),
      )
      .flatMap(({ spec }) => spec.ports as { name: string; port: number }[])
      .filter(({ name }) => name === endpoints![0]!.port);
    assert.deepEqual(
      found.map(({ port }) => port),
      [8081],
    );
  });
});

function isWithin(few: Labels, many: Labels): boolean {
  return Object.entries(few).every(([name, value]) => many[name] === value);
}
