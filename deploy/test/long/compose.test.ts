import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse } from 'yaml';
import { root } from '../../src/programs/repository.js';
import { composition, freshSecrets } from '../support/composition.js';
import { without } from '../support/programs.js';

const secrets = freshSecrets();

describe('docker-compose', { skip: without('docker-compose') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tabcast-compose-'));
  after(() => rmSync(folder, { recursive: true }));

  test('reads docker-compose.yml as the other tests do', () => {
    const { services } = parse(config(secrets).stdout);
    const ours = composition(secrets).services;
    assert.deepEqual(Object.keys(services).sort(), Object.keys(ours).sort());
    for (const [name, { environment = {} }] of Object.entries(ours))
      assert.deepEqual(services[name].environment ?? {}, environment, name);
  });

  test('puts nginx in the place of HAProxy', () => {
    const { balancer: haproxy } = parse(config(secrets).stdout).services;
    const { balancer } = parse(config(secrets, 'deploy/nginx/compose.yml').stdout).services;
    assert.match(balancer.image, /^nginx:/);
    for (const kept of ['ports', 'networks', 'healthcheck', 'depends_on', 'read_only', 'cap_drop'])
      assert.deepEqual(balancer[kept], haproxy[kept], kept);
  });

  for (const missing of Object.keys(secrets))
    test(`says what to do where ${missing} is missing`, () => {
      const { status, stderr } = config({ ...secrets, [missing]: '' });
      assert.notEqual(status, 0);
      assert.match(stderr, new RegExp(`${missing}[^]*run deploy/secrets.sh once`));
      for (const secret of Object.values(secrets)) assert.ok(!stderr.includes(secret));
    });

  /** `docker-compose config` with these variables. */
  function config(variables: Readonly<Record<string, string>>, ...exchanging: string[]) {
    const file = join(folder, 'env');
    writeFileSync(
      file,
      Object.entries(variables)
        .map((one) => `${one.join('=')}\n`)
        .join(''),
    );
    const files = ['docker-compose.yml', ...exchanging].flatMap((path) => ['-f', path]);
    const command = ['--env-file', file, ...files, 'config'];
    return spawnSync('docker-compose', command, {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
  }
});
