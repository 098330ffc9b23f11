import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '@tabcast/gateway/internal/config/config';
import { type OptionName, options, variableName } from '@tabcast/gateway/internal/config/options';
import { operations } from '@tabcast/gateway/internal/http/operations';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import {
  allOf,
  bytes,
  type Manifest,
  manifestsOf,
  podsIn,
  theOne,
  variantNames,
} from './support/manifests.js';
import { environmentOf, secretOf } from './support/pod-environment.js';
import { without } from './support/programs.js';

/** What a pod of a gateway is given. */
function gatewayIn(manifests: readonly Manifest[]) {
  const { spec } = theOne<IDeployment>(manifests, 'Deployment', 'tabcast');
  const [container, ...others] = spec!.template.spec!.containers;
  assert.equal(others.length, 0);
  const environment = environmentOf(container!, manifests);
  const { config, problems, warnings } = loadConfig({ flags: new Map(), environment, readFile: unreadable });
  return { spec: spec!, pod: spec!.template.spec!, container: container!, config, problems, warnings };
}

function unreadable(): string {
  throw new Error('there are no files');
}

const skip = without('kubectl');

for (const name of variantNames)
  describe(`pods of ${name}`, { skip }, () => {
    const gateway = () => gatewayIn(manifestsOf(name));

    test('a gateway takes its configuration, and has nothing to say against it', () => {
      const { config, problems, warnings } = gateway();
      assert.deepEqual(problems, []);
      const open = name.startsWith('production')
        ? []
        : [variableName('trusted-proxies' satisfies OptionName)];
      assert.equal(warnings.length, open.length, warnings.join('\n'));
      assert.notEqual(config.redisUrl, '');
      assert.equal(config.rebalance, true);
      assert.equal(config.workers, 1);
    });

    test('no variable is a secret but those from the Secret', () => {
      const maps = allOf<IConfigMap>(manifestsOf(name), 'ConfigMap').flatMap(({ data }) =>
        Object.keys(data!),
      );
      const secret = Object.entries(options).filter(([, { kind }]) => 'mask' in kind && kind.mask);
      assert.ok(secret.length > 3);
      for (const [option] of secret) assert.ok(!maps.includes(variableName(option)), option);
      const all = allOf<ISecret>(manifestsOf(name), 'Secret').flatMap(({ metadata }) =>
        Object.values(secretOf(metadata.name, manifestsOf(name))),
      );
      const plain = JSON.stringify(manifestsOf(name).filter(({ kind }) => kind !== 'Secret'));
      for (const value of all) assert.ok(!plain.includes(value));
    });

    test('the kill comes after the drain, and drains follow one another', () => {
      const { spec, pod, container, config } = gateway();
      const drain = (config.drainLameDuck + config.drainWindow) / 1000;
      assert.equal(container.lifecycle, undefined); // A preStop hook would come off the time.
      assert.equal(pod.terminationGracePeriodSeconds, drain + 15);
      assert.ok(spec.minReadySeconds! >= drain);
      assert.deepEqual(spec.strategy, { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
    });

    test('ports and probes are those of a gateway that listens to other pods', () => {
      const { container, config } = gateway();
      const ports = container.ports!.map((port) => [port.name, port.containerPort]);
      assert.deepEqual(ports, [
        ['public', config.publicPort],
        ['internal', config.internalPort],
      ]);
      assert.deepEqual([config.publicHost, config.internalHost], ['0.0.0.0', '0.0.0.0']);
      const { startupProbe, readinessProbe, livenessProbe } = container;
      const probes = [startupProbe, readinessProbe, livenessProbe].map((probe) => probe!.httpGet);
      const { health, readiness } = operations;
      assert.deepEqual(
        probes,
        [health, readiness, health].map(({ path }) => ({ path, port: 'internal' })),
      );
      const patience = (probe: typeof livenessProbe) => probe!.periodSeconds! * probe!.failureThreshold!;
      assert.ok(patience(readinessProbe) * 1000 < config.drainLameDuck);
      assert.ok(patience(livenessProbe) >= 60);
    });

    test('memory is enough for as many tabs as may come', () => {
      const { container, config } = gateway();
      const { limits, requests } = container.resources!;
      // docs/performance.md: the gateway, its tabs, and the kernel's part of a tab.
      const needed = 115e6 + config.maxTabs * (3e3 + 5e3);
      assert.ok(config.maxTabs > 0);
      assert.ok(bytes(limits!['memory']) > needed * 1.25, `${needed} bytes`);
      assert.equal(limits!['memory'], requests!['memory']);
    });

    test('nobody is root, writes to the image, or may become more', () => {
      for (const [owner, { spec }] of podsIn(manifestsOf(name))) {
        const { securityContext, containers, initContainers = [] } = spec!;
        assert.equal(securityContext!.runAsNonRoot, true, owner);
        assert.ok(securityContext!.runAsUser! > 0, owner);
        assert.deepEqual(securityContext!.seccompProfile, { type: 'RuntimeDefault' }, owner);
        assert.equal(spec!.automountServiceAccountToken, false, owner);
        assert.equal(spec!.enableServiceLinks, false, owner);
        for (const container of [...containers, ...initContainers]) {
          const most = {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          };
          assert.deepEqual(container.securityContext, most, owner);
          assert.match(container.image!, /:v?\d+\.\d+\.\d+(-\w+)?$/, owner);
          assert.ok(bytes(container.resources!.limits!['memory']) > 0, owner);
          assert.ok(container.resources!.requests!['cpu'], owner);
        }
      }
    });

    test('what is generated has a hash behind its name, and is referred to by it', () => {
      const generated = [
        ...allOf<IConfigMap>(manifestsOf(name), 'ConfigMap'),
        ...allOf<ISecret>(manifestsOf(name), 'Secret'),
      ].map(({ metadata }) => metadata.name);
      for (const full of generated) assert.match(full, /-[a-z0-9]{10}$/);
      const pods = JSON.stringify(podsIn(manifestsOf(name)));
      const [, ...referredTo] = pods.split(/"(?:configMap|configMapRef|secretRef|secretKeyRef)":/);
      const names = referredTo.map((text) => /"name":"([^"]+)"/.exec(text)![1]!);
      assert.deepEqual([...new Set(names)].sort(), generated.sort());
    });
  });
