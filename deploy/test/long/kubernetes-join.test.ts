import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { exchanged } from '../../src/programs/exchanged.js';
import { root } from '../../src/programs/repository.js';
import { manifestsOf, theOne } from '../support/manifests.js';
import { without } from '../support/programs.js';

const password = 'of-this-test';

/** Pods of the Redis Cluster as processes: each with an address, and a disk that outlives it. */
class Pods {
  readonly #disks = mkdtempSync(join(tmpdir(), 'tabcast-join-'));
  readonly #script: string;
  #processes: ChildProcess[] = [];
  addresses: readonly string[] = [];

  constructor() {
    const set = theOne<IStatefulSet>(manifestsOf('redis-cluster'), 'StatefulSet', 'tabcast-redis-cluster');
    this.#script = set.spec!.template.spec!.containers[0]!.command!.at(-1)!;
  }

  /** All of them come up, each at the address with its number. */
  start(network: string, numbers: readonly number[] = [1, 2, 3, 4, 5, 6]): void {
    this.addresses = numbers.map((number) => `${network}.${number}`);
    this.#processes = this.addresses.map((address, index) => {
      const disk = join(this.#disks, String(index));
      mkdirSync(disk, { recursive: true });
      const script = exchanged(this.#script, {
        '/etc/redis/redis.conf': join(root, 'deploy/redis/redis.conf'),
        'requirepass ': `bind ${address}\ndir ${disk}\nrequirepass `,
      });
      const env = {
        ...{ PATH: process.env['PATH'], REDISCLI_AUTH: password, POD_IP: address },
        ...{ POD_NAME: `node-${index}`, POD_NAMESPACE: 'test' },
      };
      return spawn('sh', ['-c', script], { env, stdio: 'ignore' });
    });
  }

  async kill(): Promise<void> {
    const gone = this.#processes.map((one) => once(one, 'exit'));
    for (const one of this.#processes) one.kill('SIGKILL');
    await Promise.all(gone);
    this.#processes = [];
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#disks, { recursive: true });
  }

  /** What the Job does; what the nodes say about themselves afterwards. */
  join(): string[] {
    const script = join(root, 'k8s/components/redis-cluster/join.sh');
    const { status, stdout, stderr } = spawnSync('sh', [script, ...this.addresses], {
      ...{ encoding: 'utf8', timeout: 60_000 },
      env: { PATH: process.env['PATH'], REDISCLI_AUTH: password },
    });
    assert.equal(status, 0, stdout + stderr);
    return this.addresses.map((address) => {
      const nodes = this.ask(address, 'cluster', 'nodes').split('\n');
      assert.equal(nodes.filter((node) => / connected( |$)/.test(node)).length, 6, nodes.join('\n'));
      return nodes.find((node) => node.includes('myself'))!;
    });
  }

  ask(address: string, ...command: string[]): string {
    const env = { PATH: process.env['PATH'], REDISCLI_AUTH: password };
    return spawnSync('redis-cli', ['-h', address, ...command], { env, encoding: 'utf8' }).stdout.trim();
  }
}

describe('the Job that joins a Redis Cluster', { skip: without('kubectl') }, () => {
  const pods = without('kubectl') ? undefined : new Pods();
  after(() => pods?.end());

  /** Who is what, without what changes: id, role and slots of each node. */
  const roles = (nodes: readonly string[]) =>
    nodes.map((node) => {
      const [id, , flags, , , , , , ...slots] = node.split(' ');
      return [id, flags, ...slots].join(' ');
    });
  let first: readonly string[] = [];

  test('makes three masters with all slots, and a replica of each', () => {
    pods!.start('127.7.1');
    const nodes = pods!.join();
    first = roles(nodes);
    assert.deepEqual(
      first.map((role) => role.replace(/^\S+ /, '')),
      [
        ...['myself,master 0-5460', 'myself,master 5461-10922', 'myself,master 10923-16383'],
        ...['myself,slave', 'myself,slave', 'myself,slave'],
      ],
    );
    const followed = nodes.slice(3).map((node) => node.split(' ')[3]);
    assert.deepEqual(
      followed,
      nodes.slice(0, 3).map((node) => node.split(' ')[0]),
    );
    assert.match(pods!.ask('127.7.1.1', 'cluster', 'slots'), /node-0\.tabcast-redis-cluster\.test\.svc/);
  });

  test('changes nothing when it is repeated', () => {
    assert.deepEqual(roles(pods!.join()), first);
  });

  for (const [which, numbers] of [
    ['other addresses', undefined],
    ['addresses of one another', [1, 3, 2, 4, 6, 5]],
  ] as const)
    test(`brings nodes together again that have all come back with ${which}`, async () => {
      await pods!.kill();
      pods!.start('127.7.2', numbers);
      assert.deepEqual(
        roles(pods!.join()).map((role) => role.split(' ')[0]),
        first.map((role) => role.split(' ')[0]),
      );
    });
});
