import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TrendsAnswer } from '../../src/http/trends.js';
import { apiKey, secret } from '../support/gateway.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';
import { until } from '../support/until.js';
import { Wire } from '../support/wire.js';

/** The operator's page as HTTP serves it, and the API that only it uses. test/browser/console.test.ts opens it. */
describe('the console', { timeout: 30_000 }, () => {
  const cluster = new TwoGateways();
  const tabs: TestTab[] = [];
  let origin: string;
  before(async () => {
    origin = `http://127.0.0.1:${cluster.gateways[0]!.internalPort}`;
    for (const { socketUrl } of cluster.gateways)
      tabs.push(await TestTab.open(socketUrl, { token: await tokenFor('ann') }));
  });
  after(() => {
    for (const tab of tabs) tab.socket.terminate();
  });

  /** Every file that the page leads to, by its path; fails where one is not there. */
  async function files(): Promise<Map<string, { answer: Response; text: string }>> {
    const found = new Map<string, { answer: Response; text: string }>();
    const waiting = ['/console/'];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (found.has(path)) continue;
      const answer = await fetch(origin + path);
      const text = await answer.text();
      assert.equal(answer.status, 200, path);
      found.set(path, { answer, text });
      const links = text.matchAll(/(?:href="|src="|from '(?=\.\/))(?!data:)([^"']+)["']/g);
      waiting.push(...[...links].map(([, link]) => new URL(link!, origin + path).pathname));
    }
    return found;
  }

  test('without a key there is a page, complete in itself and the same for everybody', async () => {
    const all = await files();
    const names = [...all.keys()];
    for (const name of ['', 'base.css', 'console.css', 'main.js', 'uplot.js', 'uplot.css'])
      assert.ok(names.includes(`/console/${name}`), `${name} in ${names}`);
    for (const [path, { answer, text }] of all) {
      const expected = path.endsWith('/') ? 'html' : path.endsWith('.css') ? 'css' : 'javascript';
      assert.equal(answer.headers.get('content-type'), `text/${expected}; charset=utf-8`);
      for (const hidden of [apiKey, secret, cluster.gateways[0]!.id, cluster.redis.url])
        assert.ok(!text.includes(hidden), `${path} contains ${hidden}`);
    }
    const page = all.get('/console/')!.text;
    assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i, 'nothing inline');
    assert.doesNotMatch(page, /(src|href)="(https?:)?\/\//, 'nothing from elsewhere');
  });

  test('every file forbids what the page does not need', async () => {
    for (const [path, { answer }] of await files()) {
      const policy = answer.headers.get('content-security-policy')!.split('; ');
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ])
        assert.ok(policy.includes(rule), `${path}: ${policy}`);
      assert.doesNotMatch(policy.join(), /unsafe/);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    }
  });

  test('what a browser has already is not sent again, and the connection stays usable', async () => {
    const { headers } = await fetch(`${origin}/console/main.js`);
    assert.equal(headers.get('cache-control'), 'no-cache');
    const wire = await Wire.connect(cluster.gateways[0]!.internalPort);
    const ask = (etag: string) =>
      wire.ask(`GET /console/main.js HTTP/1.1\r\nHost: x\r\nIf-None-Match: ${etag}`);
    const known = await ask(headers.get('etag')!);
    assert.deepEqual([known.status, known.headers.get('etag')], [304, headers.get('etag')]);
    const unknown = await ask('"another"');
    assert.equal(unknown.status, 200);
    assert.ok(unknown.body.length > 1000);
    wire.end();
  });

  test('without the slash it leads to the page, behind a prefix of a proxy as well', async () => {
    const answer = await fetch(`${origin}/console`, { redirect: 'manual' });
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.get('location'), 'console/');
  });

  test('nothing else can be had there', async () => {
    for (const path of [
      '/console/none.js',
      '/console/index.html',
      '/console/tsconfig.json',
      '/console/uplot.d.ts',
      '/console/../package.json',
      '/console/%2e%2e/package.json',
      '/console/..%2fpackage.json',
      '/console/..\\package.json',
      '/console//main.js',
      '/console/main.js/',
      '/console/main.js%00.css',
      '//console/main.js',
    ]) {
      const wire = await Wire.connect(cluster.gateways[0]!.internalPort);
      const answer = await wire.ask(`GET ${path} HTTP/1.1\r\nHost: x`);
      wire.end();
      assert.equal(answer.status, 404, path);
    }
    assert.equal((await fetch(`${origin}/console/`, { method: 'POST' })).status, 405);
  });

  test('it is not on the public port', async () => {
    const answer = await fetch(`http://127.0.0.1:${cluster.gateways[0]!.publicPort}/console/`);
    assert.equal(answer.status, 404);
  });

  describe('GET /v1/trends', () => {
    async function trendsOf(index: number): Promise<TrendsAnswer> {
      return (await (await cluster.gateways[index]!.api('/v1/trends')).json()) as TrendsAnswer;
    }

    test('wants a key', async () => {
      assert.equal((await fetch(`${origin}/v1/trends`)).status, 401);
    });

    test('every gateway remembers all of them from its start on', async () => {
      for (const index of [0, 1]) {
        const trends = await until('both to be remembered with their tab', async () => {
          const answer = await trendsOf(index);
          const told = answer.gateways.filter(({ tabs }) => tabs.includes(1));
          return told.length === 2 ? answer : undefined;
        });
        const { times, interval, gateways } = trends!;
        assert.deepEqual(
          gateways.map(({ id }) => id),
          cluster.gateways.map(({ id }) => id).toSorted(),
        );
        assert.deepEqual([times.length * interval, interval], [15 * 60_000, 5000]);
        assert.ok(Math.abs(times.at(-1)! - Date.now()) < interval + 1000);
        for (const { id, ...figures } of gateways)
          for (const [name, values] of Object.entries(figures))
            assert.equal(values.length, times.length, `${name} of ${id}`);
        assert.ok(gateways.every(({ memory }) => memory.some((bytes) => bytes! > 10e6)));
      }
    });

    test('why tabs were closed is known everywhere', async () => {
      const [a] = cluster.gateways;
      const tab = await TestTab.open(a!.socketUrl, { token: await tokenFor('bob') });
      await a!.api('/v1/disconnect', { method: 'POST', body: JSON.stringify({ user: 'bob' }) });
      await tab.closed;
      for (const index of [0, 1])
        await until('the close to be told', async () => {
          const { closes, gateways } = await trendsOf(index);
          const inCharts = gateways.flatMap((gateway) => gateway.closes).filter((closed) => closed! > 0);
          return closes['dismissed'] === 1 && inCharts.length === 1;
        });
      const nodes = (await (await a!.api('/v1/nodes')).json()) as { gateways: { closes: object }[] };
      assert.deepEqual(
        nodes.gateways.map(({ closes }) => closes).filter((closes) => 'dismissed' in closes),
        [{ dismissed: 1 }],
      );
    });
  });
});
