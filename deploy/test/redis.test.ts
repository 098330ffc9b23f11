import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, loadCore, Program } from '@tabcast/loadtest/servers/program';
import { exchanged } from '../src/programs/exchanged.js';
import { root } from '../src/programs/repository.js';
import { composition, freshSecrets } from './support/composition.js';

const secrets = freshSecrets();
const { command, environment } = composition(secrets).services['redis']!;
const password = environment!['REDISCLI_AUTH']!;

describe('the Redis of docker-compose.yml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tabcast-redis-'));
  let port = 0;
  let redis: Program;

  before(async () => {
    port = await freePort();
    const places = {
      '/etc/redis/redis.conf': join(root, 'deploy/redis/redis.conf'),
      requirepass: `bind 127.0.0.1\nport ${port}\ndir ${folder}\nrequirepass`,
    };
    const here = command!.map((word) => (word.includes('redis-server') ? exchanged(word, places) : word));
    redis = new Program(loadCore, here, environment);
    await redis.until('answering', () => (ask(['ping']) === 'PONG' ? true : undefined));
  });

  after(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  test('lets nobody in without the password', () => {
    assert.match(ask(['get', 'anything'], ''), /NOAUTH/);
    assert.match(ask(['get', 'anything'], 'another'), /NOAUTH|WRONGPASS/);
  });

  test('shows the password in no command line', () => {
    assert.ok(!readFileSync(`/proc/${redis.pid}/cmdline`, 'utf8').includes(password));
  });

  test('is set as docs/operations.md asks for', () => {
    const settings = {
      'maxmemory-policy': 'noeviction',
      maxmemory: String(512 * 1024 ** 2),
      appendonly: 'yes',
      appendfsync: 'everysec',
      save: '',
    };
    for (const [name, value] of Object.entries(settings))
      assert.deepEqual(ask(['config', 'get', name]).split('\n').slice(1).join(), value, name);
    const limits = ask(['config', 'get', 'client-output-buffer-limit']);
    assert.match(limits, new RegExp(`pubsub ${256 * 1024 ** 2} ${64 * 1024 ** 2} 60`));
  });

  test('takes a signal itself, so that it can write what it has before it ends', () => {
    assert.equal(readFileSync(`/proc/${redis.pid}/comm`, 'utf8').trim(), 'redis-server');
  });

  /** What redis-cli prints. */
  function ask(words: readonly string[], auth = password): string {
    const env = { ...process.env, REDISCLI_AUTH: auth };
    const { stdout, stderr } = spawnSync('redis-cli', ['-p', String(port), ...words], {
      env,
      encoding: 'utf8',
    });
    return `${stderr}${stdout}`.trim();
  }
});
