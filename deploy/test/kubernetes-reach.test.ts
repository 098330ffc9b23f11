import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import type { IService } from 'kubernetes-models/v1/Service';
import {
  allOf,
  type LabelSelector,
  type Manifest,
  manifestsOf,
  podsIn,
  theOne,
  variantNames,
} from './support/manifests.js';
import { without } from './support/programs.js';

type Labels = Readonly<Record<string, string>>;
type Way = NonNullable<NonNullable<INetworkPolicy['spec']>['ingress']>[number];

/** Whether a selector, which must not be empty here, takes pods with these labels. */
function selects(selector: Labels | undefined, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

function labelsOf(template: IPodTemplateSpec): Labels {
  return template.metadata!.labels!;
}

/** The pods that a selector takes. */
function podsOf(manifests: readonly Manifest[], selector: Labels | undefined): IPodTemplateSpec[] {
  return podsIn(manifests)
    .map(([, template]) => template)
    .filter((template) => selects(selector, labelsOf(template)));
}

function portNames({ spec }: IPodTemplateSpec): (string | undefined)[] {
  return spec!.containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name));
}

/** The only pod with an exporter of Redis. */
function exporterIn(manifests: readonly Manifest[]): { owner: string; template: IPodTemplateSpec } {
  const found = podsIn(manifests).filter(([, template]) => portNames(template).includes('metrics'));
  assert.equal(found.length, 1);
  const [owner, template] = found[0]!;
  return { owner, template };
}

function policiesOf(template: IPodTemplateSpec, manifests: readonly Manifest[]) {
  return allOf<INetworkPolicy>(manifests, 'NetworkPolicy').filter(({ spec }) =>
    selects(onlyLabels(spec!.podSelector), labelsOf(template)),
  );
}

/** Who is let in to a pod, and to which of its ports. */
function waysInto(template: IPodTemplateSpec, manifests: readonly Manifest[]): Way[] {
  return policiesOf(template, manifests).flatMap(({ spec }) => spec!.ingress ?? []);
}

function onlyLabels({ matchLabels, ...rest }: LabelSelector): Labels {
  assert.deepEqual(rest, {});
  return matchLabels!;
}

/** Services that somebody outside can reach, by what sends to them: a type, a route, an Ingress. */
function exposed(manifests: readonly Manifest[]): { service: string; paths: string[] }[] {
  const services = allOf<IService>(manifests, 'Service')
    .filter(({ spec }) => !['ClusterIP', undefined].includes(spec!.type))
    .map(({ metadata }) => ({ service: metadata.name, paths: ['*'] }));
  const routes = allOf<IHTTPRoute>(manifests, 'HTTPRoute').flatMap(({ spec }) =>
    spec!.rules!.flatMap(({ backendRefs = [], matches = [] }) =>
      backendRefs.map(({ name, port }) => ({
        service: `${name}:${port}`,
        paths: matches.map(({ path }) => `${path!.type} ${path!.value}`),
      })),
    ),
  );
  const ingresses = allOf<IIngress>(manifests, 'Ingress').flatMap(({ spec }) => {
    assert.equal(spec!.defaultBackend, undefined);
    return spec!.rules!.flatMap(({ http }) =>
      http!.paths.map(({ backend: { service }, pathType, path }) => ({
        service: `${service!.name}:${service!.port!.name ?? service!.port!.number}`,
        paths: [`${pathType} ${path}`],
      })),
    );
  });
  return [...services, ...routes, ...ingresses];
}

const skip = without('kubectl');

for (const name of variantNames)
  describe(`who reaches whom in ${name}`, { skip }, () => {
    const gateway = () => theOne<IDeployment>(manifestsOf(name), 'Deployment', 'tabcast').spec!.template;

    test('both Services lead to the gateways, each to its port', () => {
      for (const [service, port, number] of [
        ['tabcast', 'public', 8080],
        ['tabcast-internal', 'internal', 8081],
      ] as const) {
        const { spec } = theOne<IService>(manifestsOf(name), 'Service', service);
        assert.ok(selects(spec!.selector, labelsOf(gateway())));
        assert.deepEqual(
          spec!.ports!.map((one) => [one.port, one.targetPort]),
          [[number, port]],
        );
      }
    });

    test('what a Service, a budget or a policy names is there, and of one kind', () => {
      for (const { metadata, spec } of allOf<IService>(manifestsOf(name), 'Service')) {
        const pods = podsOf(manifestsOf(name), spec!.selector);
        assert.equal(pods.length, 1, metadata.name);
        for (const { targetPort } of spec!.ports!)
          assert.ok(portNames(pods[0]!).includes(String(targetPort)), `${metadata.name}: ${targetPort}`);
      }
      for (const { metadata, spec } of allOf<IPodDisruptionBudget>(
        manifestsOf(name),
        'PodDisruptionBudget',
      )) {
        assert.equal(podsOf(manifestsOf(name), onlyLabels(spec!.selector!)).length, 1, metadata.name);
        assert.equal(spec!.maxUnavailable, 1);
      }
      for (const { metadata, spec } of allOf<INetworkPolicy>(manifestsOf(name), 'NetworkPolicy'))
        assert.equal(podsOf(manifestsOf(name), onlyLabels(spec!.podSelector)).length, 1, metadata.name);
    });

    test('what makes pods finds them again, and spreads its own', () => {
      for (const [owner, template, selector] of podsIn(manifestsOf(name))) {
        const labels = labelsOf(template);
        if (selector) assert.ok(selects(onlyLabels(selector), labels), owner);
        const constraints = template.spec!.topologySpreadConstraints ?? [];
        for (const { labelSelector } of constraints)
          assert.ok(selects(onlyLabels(labelSelector!), labels), owner);
      }
      const keys = gateway().spec!.topologySpreadConstraints!.map(({ topologyKey }) => topologyKey);
      assert.deepEqual(keys, ['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
    });

    test('the gateways have a budget of one', () => {
      const { spec } = theOne<IPodDisruptionBudget>(manifestsOf(name), 'PodDisruptionBudget', 'tabcast');
      assert.ok(selects(onlyLabels(spec!.selector!), labelsOf(gateway())));
    });

    test('from outside the public port alone is reached, at the path of tabs', () => {
      const ways = exposed(manifestsOf(name));
      assert.equal(ways.length, name.startsWith('production') ? 1 : 0);
      for (const way of ways) {
        assert.match(way.service, /^tabcast:(8080|public)$/);
        assert.deepEqual(way.paths, ['Exact /ws']);
      }
    });

    test('the policies let everybody to the public port, and to no other', () => {
      const policies = allOf<INetworkPolicy>(manifestsOf(name), 'NetworkPolicy').filter(
        ({ spec }) => spec!.policyTypes!.join() === 'Ingress',
      );
      const openTo = policies.flatMap(({ spec }) =>
        spec!.ingress!.filter(({ from }) => from === undefined).map(({ ports }) => ports),
      );
      assert.deepEqual(openTo, [[{ port: 'public' }]]);
      for (const { spec } of policies)
        for (const { from = [], ports } of spec!.ingress!) {
          assert.ok(ports!.length > 0);
          for (const { podSelector, namespaceSelector, ipBlock } of from) {
            const wanted = Object.keys({ ...podSelector?.matchLabels, ...namespaceSelector?.matchLabels });
            assert.ok(wanted.length > 0 && ipBlock === undefined, JSON.stringify(from));
          }
        }
      // Every pod that listens has one: the gateways, and Redis where it is here.
      for (const [owner, template] of podsIn(manifestsOf(name)))
        if (portNames(template).length > 0)
          assert.ok(
            policies.some(({ spec }) => selects(onlyLabels(spec!.podSelector), labelsOf(template))),
            owner,
          );
    });

    test('Prometheus comes to the exporter of Redis as it comes to gateways, alone, and to nothing beside it', () => {
      const prometheus = waysInto(gateway(), manifestsOf(name)).at(-1)!.from;
      const { owner, template } = exporterIn(manifestsOf(name));
      const ways = waysInto(template, manifestsOf(name));
      const isPrometheus = ({ from = [] }: Way) => from.some(({ namespaceSelector }) => namespaceSelector);
      const toExporter = ways.filter(({ ports }) => ports!.some(({ port }) => port === 'metrics'));
      assert.deepEqual(toExporter, [{ ports: [{ port: 'metrics' }], from: prometheus }], owner);
      assert.deepEqual(ways.filter(isPrometheus), toExporter, owner);
    });

    test('nothing keeps the exporter from its Redis', () => {
      const { template } = exporterIn(manifestsOf(name));
      for (const { metadata, spec } of policiesOf(template, manifestsOf(name)))
        assert.deepEqual(spec!.policyTypes, ['Ingress'], metadata.name);
    });

    test('the load lab passes as a backend', () => {
      const policy = theOne<INetworkPolicy>(manifestsOf(name), 'NetworkPolicy', 'tabcast');
      const backends = policy.spec!.ingress!.flatMap(({ from = [] }) =>
        from.flatMap(({ podSelector }) => (podSelector ? [onlyLabels(podSelector)] : [])),
      );
      assert.deepEqual(backends, [{ 'tabcast.dev/backend': 'true' }]);
      for (const [owner, template] of podsIn(manifestsOf(name)))
        if (owner.includes('loadtest')) assert.ok(selects(backends[0], labelsOf(template)));
    });

    test('where gateways reach few ports only, they reach them within the cluster and outside of it', () => {
      for (const { spec } of allOf<INetworkPolicy>(manifestsOf(name), 'NetworkPolicy'))
        for (const { ports, to = [] } of spec!.egress ?? []) {
          if (ports!.every(({ port }) => port === 53)) continue;
          // To some network plugins, blocks of addresses are those outside.
          assert.ok(to.some(({ namespaceSelector }) => namespaceSelector !== undefined));
          assert.ok(to.some(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0'));
        }
    });

    test('a WebSocket through a Gateway has no time limit', () => {
      for (const { spec } of allOf<IHTTPRoute>(manifestsOf(name), 'HTTPRoute'))
        for (const { timeouts } of spec!.rules!)
          assert.deepEqual(timeouts, { request: '0s', backendRequest: '0s' });
    });
  });
