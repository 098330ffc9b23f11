import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IService } from 'kubernetes-models/v1/Service';
import { parse } from 'yaml';
import { textOf } from '../src/programs/repository.js';
import { allOf, bytes, manifestsOf, theOne } from './support/manifests.js';
import { without } from './support/programs.js';

const compose = parse(textOf('docker-compose.yml')) as {
  readonly services: Readonly<Record<'redis' | 'redis-exporter', { readonly image: string }>>;
};

/** What a pod tells Redis beside redis.conf, by option. */
function optionsOf(command: readonly string[]): Readonly<Record<string, string>> {
  const [, input] = /^exec redis-server \/etc\/redis\/redis\.conf - <<END\n(.*)^END\n$/ms.exec(
    command.at(-1)!,
  )!;
  const lines = input!.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => line.split(' ')));
}

describe('Redis in Kubernetes', { skip: without('kubectl') }, () => {
  for (const [name, set] of [
    ['dev', 'tabcast-redis'],
    ['redis-cluster', 'tabcast-redis-cluster'],
  ] as const) {
    const redis = () => theOne<IStatefulSet>(manifestsOf(name), 'StatefulSet', set).spec!.template.spec!;

    test(`${name}: it runs with the redis.conf of docker compose, and a password from the Secret`, () => {
      const { data } = theOne<IConfigMap>(manifestsOf(name), 'ConfigMap', 'tabcast-redis-conf');
      assert.deepEqual(data, { 'redis.conf': textOf('deploy/redis/redis.conf') });
      assert.equal(optionsOf(redis().containers[0]!.command!)['requirepass'], '$REDISCLI_AUTH');
    });

    test(`${name}: it is the Redis of docker compose`, () => {
      assert.equal(redis().containers[0]!.image, compose.services.redis.image);
    });

    test(`${name}: its memory is enough for its data, and for the copy that a rewrite of its file makes`, () => {
      const [, most] = /^maxmemory (\d+)mb$/m.exec(textOf('deploy/redis/redis.conf'))!;
      const mebibytes = bytes(redis().containers[0]!.resources!.limits!['memory']) / 1024 ** 2;
      assert.ok(mebibytes >= Number(most) * 1.5);
    });

    test(`${name}: beside it runs its exporter, which it can do without`, () => {
      const [first, exporter, ...others] = redis().containers;
      assert.deepEqual([first!.name, others], ['redis', []]);
      assert.equal(exporter!.image, compose.services['redis-exporter'].image);
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const)
        assert.equal(exporter![probe], undefined);
      // A container that does not run makes its pod unready.
      for (const { metadata, spec } of allOf<IService>(manifestsOf(name), 'Service'))
        if (spec!.selector!['app.kubernetes.io/component'] === 'redis')
          assert.equal(spec!.publishNotReadyAddresses, true, metadata.name);
    });

    test(`${name}: an API key that is exchanged restarts no Redis`, () => {
      const { containers } = redis();
      const named = containers.flatMap(({ env = [] }) =>
        env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
      );
      assert.ok(named.some((secret) => secret?.startsWith('tabcast-redis-password-')));
      assert.ok(!JSON.stringify(containers).includes('tabcast-secrets'));
    });

    test(`${name}: kubectl takes Redis, and not its exporter`, () => {
      const { annotations } = theOne<IStatefulSet>(manifestsOf(name), 'StatefulSet', set).spec!.template
        .metadata!;
      assert.deepEqual(annotations, { 'kubectl.kubernetes.io/default-container': 'redis' });
    });
  }

  test('the exporter of a Redis that is elsewhere is that of docker compose too', () => {
    const { spec } = theOne<IDeployment>(manifestsOf('production'), 'Deployment', 'tabcast-redis-exporter');
    const images = spec!.template.spec!.containers.map(({ image }) => image);
    assert.deepEqual(images, [compose.services['redis-exporter'].image]);
  });

  test('a Redis Cluster refuses only what its missing master had, and is known by names that stay', () => {
    const { spec } = theOne<IStatefulSet>(
      manifestsOf('redis-cluster'),
      'StatefulSet',
      'tabcast-redis-cluster',
    );
    const options = optionsOf(spec!.template.spec!.containers[0]!.command!);
    assert.equal(options['cluster-require-full-coverage'], 'no');
    assert.equal(options['cluster-preferred-endpoint-type'], 'hostname');
    assert.equal(options['cluster-announce-hostname'], `$POD_NAME.${spec!.serviceName}.$POD_NAMESPACE.svc`);
    assert.equal(options['masterauth'], options['requirepass']);
  });

  test('the Job joins exactly the nodes that there are', () => {
    const manifests = manifestsOf('redis-cluster');
    const { metadata, spec } = theOne<IStatefulSet>(manifests, 'StatefulSet', 'tabcast-redis-cluster');
    const [, , ...nodes] = theOne<IJob>(manifests, 'Job', 'tabcast-redis-join').spec!.template.spec!
      .containers[0]!.command!;
    const names = Array.from({ length: spec!.replicas! }, (_, index) => `${metadata.name}-${index}`);
    assert.deepEqual(
      nodes,
      names.map((node) => `${node}.${spec!.serviceName}`),
    );
  });
});
