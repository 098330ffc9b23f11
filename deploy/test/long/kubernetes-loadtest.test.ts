import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { freePort } from '@tabcast/gateway/testing/free-port';
import { type RedisServer, startRedis } from '@tabcast/gateway/testing/redis';
import { until } from '@tabcast/gateway/testing/until';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import { exchanged } from '../../src/programs/exchanged.js';
import { root } from '../../src/programs/repository.js';
import { type Manifest, manifestsOf, theOne } from '../support/manifests.js';
import { environmentOf } from '../support/pod-environment.js';
import { without } from '../support/programs.js';

/** The only container of a pod. */
function containerOf(manifests: readonly Manifest[], kind: string, name: string) {
  return theOne<IDeployment | IJob>(manifests, kind, name).spec!.template.spec!.containers[0]!;
}

describe('a pod of the dev overlay as a process', { skip: without('kubectl') }, () => {
  let redis: RedisServer;
  let gateway: ChildProcess;
  let at: { public: string; internal: string };

  before(async () => {
    const manifests = manifestsOf('dev with loadtest');
    const environment = environmentOf(containerOf(manifests, 'Deployment', 'tabcast'), manifests);
    const requirepass = environment['REDIS_PASSWORD']!;
    redis = await startRedis({ 'maxmemory-policy': 'noeviction' });
    await redis.cli('CONFIG', 'SET', 'requirepass', requirepass);
    const [publicPort, internalPort] = [await freePort(), await freePort()];
    at = { public: `127.0.0.1:${publicPort}`, internal: `127.0.0.1:${internalPort}` };
    const url = environment['TABCAST_REDIS_URL']!;
    gateway = spawn(process.execPath, ['gateway/bin/tabcast.js', 'start'], {
      cwd: root,
      stdio: 'ignore',
      env: {
        ...environment,
        TABCAST_REDIS_URL: exchanged(url, { 'tabcast-redis:6379': `127.0.0.1:${redis.port}` }),
        TABCAST_PUBLIC_PORT: String(publicPort),
        TABCAST_INTERNAL_PORT: String(internalPort),
      },
    });
  });

  after(async () => {
    gateway?.kill('SIGKILL');
    await redis?.kill();
  });

  test('it becomes ready, as its probes find out', async () => {
    const { startupProbe, readinessProbe } = containerOf(
      manifestsOf('dev with loadtest'),
      'Deployment',
      'tabcast',
    );
    for (const probe of [startupProbe, readinessProbe])
      await until('a probe to succeed', async () => {
        const answer = await fetch(`http://${at.internal}${probe!.httpGet!.path}`).catch(() => undefined);
        return answer?.status === 200;
      });
  });

  test('the Job of the load lab reaches it, with the secrets that it is given, and finds nothing lost', () => {
    const manifests = manifestsOf('dev with loadtest');
    const job = containerOf(manifests, 'Job', 'tabcast-loadtest');
    const args = exchanged(job.args!.join('\n'), {
      'tabcast:8080': at.public,
      'tabcast-internal:8081': at.internal,
      '--tabs=2000': '--tabs=100',
      '--per-second=500': '--per-second=100\n--warm-up=1\n--window=2',
    });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['loadtest/dist/src/cli/load.js', ...args.split('\n')],
      { cwd: root, env: { ...environmentOf(job, manifests) }, encoding: 'utf8', timeout: 60_000 },
    );
    assert.equal(status, 0, stdout + stderr);
  });

  test('asked to stop, it is gone before it would be killed', async () => {
    const gone = once(gateway, 'exit') as Promise<[number]>;
    gateway.kill('SIGTERM');
    const { terminationGracePeriodSeconds } = theOne<IDeployment>(
      manifestsOf('dev with loadtest'),
      'Deployment',
      'tabcast',
    ).spec!.template.spec!;
    const late = AbortSignal.timeout(terminationGracePeriodSeconds! * 1000);
    const tooLate = once(late, 'abort').then(() => assert.fail('killed'));
    const [code] = await Promise.race([gone, tooLate]);
    assert.equal(code, 0);
  });
});
