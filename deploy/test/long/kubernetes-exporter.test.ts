import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { freePort } from '@tabcast/gateway/testing/free-port';
import { type RedisServer, startRedis } from '@tabcast/gateway/testing/redis';
import { noCertificate, selfSigned } from '@tabcast/gateway/testing/self-signed';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { exchanged } from '../../src/programs/exchanged.js';
import { type RedisExporter, startRedisExporter } from '../../src/programs/redis-exporter.js';
import { textOf } from '../../src/programs/repository.js';
import { redisAlerts } from '../../src/rules/alerts/redis.js';
import { expressionsOf, readDashboard } from '../support/dashboard-model.js';
import { manifestsOf, theOne, type VariantName } from '../support/manifests.js';
import { environmentOf } from '../support/pod-environment.js';
import { without } from '../support/programs.js';

type Environment = Readonly<Record<string, string>>;

/** Whatever alerts and the dashboard read of redis_exporter. */
const read = new Set(
  [...Object.values(redisAlerts).map(({ expr }) => expr), ...expressionsOf(readDashboard()).values()].flatMap(
    (expression) => expression.match(/\bredis_\w+(?=\{)/g) ?? [],
  ),
);

/** What the container of an exporter is told, when its Redis is at another place. */
function environmentIn(variant: VariantName, kind: string, name: string, places: Environment): Environment {
  const manifests = manifestsOf(variant);
  const { containers } = theOne<IDeployment | IStatefulSet>(manifests, kind, name).spec!.template.spec!;
  const container = containers.find(({ name }) => name === 'exporter')!;
  assert.deepEqual([container.command, container.args], [undefined, undefined]);
  const { REDIS_ADDR: address, ...others } = environmentOf(container, manifests);
  return { ...others, REDIS_ADDR: exchanged(address!, places) };
}

/** What production is told to begin with: its URL, and the permissions of its user. */
const {
  username,
  password,
  host: elsewhere,
} = new URL(/^TABCAST_REDIS_URL=(.+)$/m.exec(textOf('k8s/overlays/production/secrets.env.example'))![1]!);
const [, permissions] = /^ACL SETUSER tabcast (.+)$/m.exec(textOf('docs/operations.md'))!;

/** Starts a Redis that has a replica, and so something to tell of each metric; it ends with the test. */
async function redisWithReplica(t: TestContext, settings?: Record<string, string>): Promise<RedisServer> {
  const redis = await startRedis({ 'repl-diskless-sync-delay': '0', ...settings });
  t.after(() => redis.close());
  const replica = await startRedis({ replicaof: `127.0.0.1 ${redis.port}` });
  t.after(() => replica.close());
  await redis.followed();
  return redis;
}

async function exporterWith(t: TestContext, environment: Environment): Promise<RedisExporter> {
  const exporter = await startRedisExporter(environment);
  t.after(() => exporter.stop());
  return exporter;
}

/** What alerts and the dashboard read, and this page does not have. */
async function missingOn({ address }: RedisExporter): Promise<string[]> {
  const page = await (await fetch(`http://${address}/metrics`)).text();
  return [...read].filter((metric) => !new RegExp(`^${metric}[{ ]`, 'm').test(page));
}

const skip = without('kubectl') || without('prometheus-redis-exporter') || noCertificate();

describe('an exporter of Kubernetes has everything that alerts and the dashboard read', { skip }, () => {
  test('of a Redis elsewhere, behind TLS, as the user of the gateways', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'tabcast-exporter-'));
    t.after(() => rm(folder, { recursive: true }));
    const [port, pem] = [String(await freePort()), join(folder, 'redis.pem')];
    await writeFile(pem, selfSigned());
    const redis = await redisWithReplica(t, {
      ...{ 'tls-port': port, 'tls-auth-clients': 'no' },
      ...{ 'tls-cert-file': pem, 'tls-key-file': pem, 'tls-ca-cert-file': pem },
    });
    await redis.cli('ACL', 'SETUSER', username, 'on', `>${password}`, ...permissions!.split(' '));
    await redis.cli('ACL', 'SETUSER', 'default', 'off');
    const places = { [elsewhere]: `127.0.0.1:${port}` };
    const environment = environmentIn('production', 'Deployment', 'tabcast-redis-exporter', places);
    const authority = { REDIS_EXPORTER_TLS_CA_CERT_FILE: pem };
    assert.deepEqual(await missingOn(await exporterWith(t, { ...environment, ...authority })), []);
  });

  for (const [variant, name] of [
    ['dev', 'tabcast-redis'],
    ['redis-cluster', 'tabcast-redis-cluster'],
  ] as const)
    test(`${variant}: beside a Redis, whose password goes nowhere else`, async (t) => {
      const redis = await redisWithReplica(t);
      const places = { '127.0.0.1:6379': `127.0.0.1:${redis.port}` };
      const environment = environmentIn(variant, 'StatefulSet', name, places);
      const secret = environment['REDISCLI_AUTH']!;
      await redis.cli('CONFIG', 'SET', 'requirepass', secret);
      const exporter = await exporterWith(t, environment);
      assert.deepEqual(await missingOn(exporter), []);
      assert.ok(!(await shownToAnother(exporter)).includes(secret));
    });
});

/** What an exporter says to an address that somebody asks it about. */
async function shownToAnother({ address }: RedisExporter): Promise<string> {
  let heard = '';
  const another = createServer((socket: Socket) => {
    socket.on('data', (data) => {
      heard += data;
      socket.write('-ERR no\r\n'.repeat(String(data).match(/^\*/gm)?.length ?? 0));
    });
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(another, 'listening');
  const { port } = another.address() as AddressInfo;
  await fetch(`http://${address}/scrape?target=127.0.0.1:${port}`);
  another.close();
  assert.match(heard, /INFO/);
  return heard;
}
