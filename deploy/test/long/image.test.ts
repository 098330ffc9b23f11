import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { after, before, describe, type TestContext, test } from 'node:test';
import { freePort } from '@tabcast/gateway/testing/free-port';
import { apiKey, secret } from '@tabcast/gateway/testing/gateway';
import { type RedisServer, startRedis } from '@tabcast/gateway/testing/redis';
import { TestTab, tokenFor } from '@tabcast/gateway/testing/tab';
import { until } from '@tabcast/gateway/testing/until';
import { signToken } from '@tabcast/loadtest/servers/token';
import type { Container } from '../support/image/container.js';
import { Rehearsal } from '../support/image/rehearsal.js';
import { without } from '../support/programs.js';

/** Why this cannot be done here: what a Docker engine would do, root does. */
function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'only root may mount and change roots';
  const isOffline = spawnSync('npm', ['ping'], { timeout: 10_000 }).status !== 0;
  return without('debootstrap') || (isOffline && 'the npm registry cannot be reached');
}

/** What the stages of the gateway add to Node's image, at most, in MB. */
const largest = 30;

describe('the image, made by the instructions of its Dockerfile on Debian 12 with Node 22', {
  skip: whyNot(),
}, () => {
  let rehearsal: Rehearsal;
  let redis: RedisServer;
  let ports: { public: number; internal: number };
  let gateway: Container;

  before(async () => {
    [rehearsal, redis] = await Promise.all([Rehearsal.begin(), startRedis()]);
    ports = { public: await freePort(), internal: await freePort() };
    gateway = await rehearsal.run('gateway', {
      TABCAST_REDIS_URL: redis.url,
      TABCAST_TOKEN_SECRETS: secret,
      TABCAST_API_KEYS: apiKey,
      TABCAST_ORIGINS: 'https://www.example.com',
      TABCAST_PUBLIC_PORT: String(ports.public),
      TABCAST_INTERNAL_PORT: String(ports.internal),
      TABCAST_DRAIN_LAME_DUCK: '200',
      TABCAST_DRAIN_WINDOW: '500',
    });
    await until('readiness', async () => (await get('/readyz')).status === 200);
  });

  after(async () => {
    await rehearsal?.end();
    await redis?.close();
  });

  const get = (path: string) => fetch(`http://127.0.0.1:${ports.internal}${path}`);

  const openTab = (token: string) => TestTab.open(`ws://127.0.0.1:${ports.public}/ws`, { token });

  const send = async (user: string) => {
    const body = JSON.stringify({ to: { user }, action: 'order/shipped', details: [1234] });
    const headers = { authorization: `Bearer ${apiKey}` };
    const answer = await fetch(`http://127.0.0.1:${ports.internal}/v1/send`, {
      method: 'POST',
      headers,
      body,
    });
    assert.equal(answer.status, 200);
  };

  test('runs the Node that it is to run', async (t) => {
    const { output } = await gateway.run('node', '--version');
    assert.match(output, /^v22\./);
    t.diagnostic(`Node ${output.trim()}`);
  });

  test('a tab gets what is sent to it', async () => {
    const tab = await openTab(await tokenFor('42'));
    await send('42');
    assert.deepEqual((await tab.next('order/shipped')).details, [1234]);
    await tab.close();
  });

  test('the longest token there may be passes as sub-protocol', async () => {
    const tab = await openTab(longestToken());
    await tab.close();
  });

  test('the console is there, with its charts', async () => {
    for (const path of ['/console/', '/console/main.js', '/console/uplot.js'])
      assert.equal((await get(path)).status, 200, path);
  });

  test('it runs as a user that is not root and has no capability', async () => {
    const { output } = await gateway.run('cat', '/proc/1/status');
    assert.match(output, /^Uid:\t10001\t10001\t10001\t10001$/m);
    assert.match(output, /^Gid:\t10001\t10001\t10001\t10001$/m);
    assert.match(output, /^Cap(Inh|Prm|Eff|Bnd|Amb):\t0+$/m);
    assert.match(output, /^NoNewPrivs:\t1$/m);
    assert.match(output, /^Name:\ttini$/m);
  });

  test('nothing can be written anywhere, and the gateway does not mind', async () => {
    const writable =
      "find / -path /proc -prune -o '(' -type d -o -type f ')' ! -path '/dev/*' -writable -print";
    // What it may not even look into, it complains about.
    assert.equal((await gateway.run('sh', '-c', `${writable} 2>/dev/null`)).output, '');
    for (const folder of ['/tmp', '/dev', '/tabcast'])
      assert.notEqual((await gateway.run('touch', `${folder}/written`)).code, 0, folder);
  });

  test('it holds one binary of uWebSockets, and nothing that is for development, tests or secrets', async () => {
    const { output } = await gateway.run('find', '/tabcast');
    const paths = output.trim().split('\n');
    assert.deepEqual(
      paths.filter((path) => /\/uws_.*\.node$/.test(path)).map((path) => path.replace(/.*\//, '')),
      [`uws_linux_${process.arch}_127.node`],
    );
    const packages =
      /\/node_modules\/(typescript|@typescript|@biomejs|playwright-core|esbuild|ws|socket\.io|hdr-histogram-js|dockerfile-ast|kubernetes-models|yaml)$/;
    const files =
      /\.test\.js$|\/tests?$|\/\.env|\.(ts|map|pem|tsbuildinfo)$|\/(loadtest|deploy|client|examples|src\/.*\.ts)$/;
    assert.deepEqual(
      paths.filter((path) => packages.test(path) || files.test(path)),
      [],
    );
    assert.ok(paths.includes('/tabcast/LICENSE'));
  });

  test('it is small', async (t) => {
    const { layers } = await rehearsal.image('gateway');
    const size = sizeOf(layers.slice(0, 2));
    t.diagnostic(`${size.toFixed(1)} MB upon Node's image`);
    assert.ok(size < largest, `${size} MB`);
  });

  test('the load lab runs from its image against the gateway', async (t) => {
    const lab = await rehearsal.run(
      'loadtest',
      { TABCAST_LOAD_TOKEN_SECRET: secret, TABCAST_LOAD_API_KEY: apiKey },
      [
        ...['broadcast', '--tabs', '10', '--per-second', '10', '--warm-up', '1', '--window', '1'],
        ...['--url', `ws://127.0.0.1:${ports.public}/ws`, '--api', `http://127.0.0.1:${ports.internal}`],
      ],
    );
    const { code, output } = await lab.ended;
    assert.equal(code, 0, output);
    await showSize(t, 'loadtest');
  });

  test('the chat runs from its image', async (t) => {
    const port = await freePort();
    const variables = { CHAT_PORT: String(port), CHAT_API_KEY: apiKey, CHAT_TOKEN_SECRET: secret };
    const chat = await rehearsal.run('chat', variables);
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    await until('the chat', async () => (await status('/')) === 200);
    for (const path of ['/main.js', '/tabcast.js', '/worker.js']) assert.equal(await status(path), 200, path);
    chat.signal('SIGTERM');
    assert.equal((await chat.ended).code, 0);
    await showSize(t, 'chat');
  });

  test('its health check fails where it hangs, and where nobody listens', async () => {
    const { healthcheck } = (await rehearsal.image('gateway')).configuration;
    const verdict = async (...before: string[]) => (await gateway.run(...before, ...healthcheck)).code;
    const tell = (signal: string) =>
      gateway.run('sh', '-c', `kill -${signal} $(cat /proc/1/task/1/children)`);
    assert.equal(await verdict(), 0);
    assert.equal(await verdict('env', `TABCAST_INTERNAL_PORT=${await freePort()}`), 1);
    await tell('STOP');
    assert.equal(await verdict(), 1);
    await tell('CONT');
    assert.equal(await verdict(), 0);
  });

  test('the stop signal to process 1 lets tabs go gently', async () => {
    // One that hung for a while refuses tabs for a while.
    const tab = await until('a tab', async () => openTab(await tokenFor('42')));
    const { stopSignal } = (await rehearsal.image('gateway')).configuration;
    gateway.signal(stopSignal as NodeJS.Signals);
    await tab.next('sys/reconnect');
    assert.equal((await tab.closed).code, 4000);
    const { code, output } = await gateway.ended;
    assert.equal(code, 0, output);
  });

  async function showSize(t: TestContext, stage: string): Promise<void> {
    const { layers } = await rehearsal.image(stage);
    t.diagnostic(`${stage}: ${sizeOf(layers.slice(0, 2)).toFixed(1)} MB upon Node's image`);
  }
});

/** What files take, MB. */
function sizeOf(folders: readonly string[]): number {
  const total = execFileSync('du', ['--summarize', '--total', '--bytes', ...folders], { encoding: 'utf8' });
  return Number(/^(\d+)\ttotal$/m.exec(total)![1]) / 1e6;
}

/** 8192 characters: docs/protocol.md allows no more. */
function longestToken(): string {
  const claims = { sub: '42', exp: Math.floor(Date.now() / 1000) + 600, pad: '' };
  const missing = 8192 - signToken(claims, secret).length;
  claims.pad = 'x'.repeat(Math.floor((missing * 3) / 4));
  const token = signToken(claims, secret);
  assert.equal(token.length, 8192);
  return token;
}
