import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createRedisBroker } from '../../src/broker/redis/broker.js';
import { createRedisRegistry } from '../../src/broker/redis/registry.js';
import { optionsFor } from '../contract/redis-carrier.js';
import { publishKept } from '../contract/suite.js';
import { groupOn } from '../support/cluster-gateways.js';
import { freePort } from '../support/free-port.js';
import { Recorder } from '../support/recorder.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { noCertificate, selfSigned } from '../support/self-signed.js';
import { until } from '../support/until.js';

describe('a Redis Cluster behind TLS', { timeout: 60_000, skip: noCertificate() }, () => {
  const pem = selfSigned();
  const ca = pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'));
  const ports: number[] = [];
  let folder: string;
  let cluster: RedisCluster;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tabcast-tls-'));
    const file = join(folder, 'redis.pem');
    await writeFile(file, pem);
    cluster = await RedisCluster.start(async () => {
      const port = await freePort();
      ports.push(port);
      return {
        ...{
          'tls-port': `${port}`,
          'tls-cluster': 'yes',
          'tls-replication': 'yes',
          'tls-auth-clients': 'no',
        },
        ...{ 'tls-cert-file': file, 'tls-key-file': file, 'tls-ca-cert-file': file },
      };
    });
  });
  after(async () => {
    await cluster.close();
    await rm(folder, { recursive: true });
  });

  test('every master is spoken to in TLS, by the ports that the cluster tells', async (t) => {
    const options = optionsFor(`rediss+cluster://127.0.0.1:${ports[0]}`, { ca });
    const [broker, registry, heard] = [
      createRedisBroker(options),
      createRedisRegistry(options, 7000),
      new Recorder(),
    ];
    t.after(() => Promise.all([broker.close(), registry.close()]));
    await Promise.all([broker.start(heard), registry.start()]);
    for (const master of await cluster.masters()) {
      const channel = `group:${await groupOn(master, cluster)}`;
      await broker.subscribe(channel);
      const position = await publishKept(broker, channel, 'x');
      await until('it', () => heard.publications.some((one) => one.position === position));
      assert.equal((await broker.read({ channel, limit: 1 })).position, position);
    }
  });
});
