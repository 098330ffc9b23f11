import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { operations } from '@tabcast/gateway/internal/http/operations';
import { apiKey } from '@tabcast/gateway/testing/gateway';
import { TestTab } from '@tabcast/gateway/testing/tab';
import { webhookOptions } from '@tabcast/gateway/testing/webhooks';
import { jsonProtocol } from '@tabcast/shared';
import { WebSocket } from 'ws';
import { type Behind, Haproxy } from '../../src/programs/haproxy.js';
import { Nginx } from '../../src/programs/nginx.js';
import { Balanced, type Balancer } from '../support/balanced.js';
import { without } from '../support/programs.js';

/** Of gateways, as containers have them. */
const [one, two, three] = ['127.0.71.1', '127.0.71.2', '127.0.71.3'] as const;

const balancers: Record<string, (behind: Behind) => Promise<Balancer>> = {
  haproxy: (behind) => Haproxy.start(behind),
  nginx: (behind) => Nginx.start(behind),
};

for (const [name, start] of Object.entries(balancers))
  describe(`${name} in front of real gateways`, { skip: without(name) }, () => {
    const balanced = new Balanced(start);

    test('every gateway gets as many tabs as the others', async () => {
      await balanced.start([one, two, three]);
      const holders = (await balanced.openMany(9)).map((tab) => balanced.holderOf(tab).id);
      const shares = [...new Set(holders)].map((id) => holders.filter((holder) => holder === id).length);
      assert.deepEqual(shares, [3, 3, 3]);
    });

    test('frames pass both ways, and sends of backends to all gateways', async () => {
      const { internalPort } = await balanced.start([one, two]);
      const [tab, other] = [await balanced.open('42'), await balanced.open('42')];
      assert.notEqual(balanced.holderOf(tab), balanced.holderOf(other));
      tab.send('echo', ['there and back'], 1);
      assert.deepEqual((await tab.next('echo')).details, ['there and back']);
      const answer = await fetch(`http://127.0.0.1:${internalPort}/v1/send`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ to: { user: '42' }, action: 'news', details: ['good'] }),
      });
      assert.equal(answer.status, 200);
      for (const { details } of [await tab.next('news'), await other.next('news')])
        assert.deepEqual(details, ['good']);
    });

    test('a client is where it connects from, not where it says that it is', async (t) => {
      const application = await whoIsIt();
      t.after(() => application.stop());
      const asks = { ...webhookOptions, WEBHOOK_EVENTS: 'connect', WEBHOOK_URL: application.url };
      await balanced.start([one], asks);
      const headers = {
        origin: 'https://app.example',
        'x-forwarded-for': '203.0.113.9',
        forwarded: 'for=203.0.113.9',
      };
      const from = { localAddress: '127.0.99.1', headers };
      const tab = balanced.keep(TestTab.over(new WebSocket(balanced.socketUrl, jsonProtocol, from)));
      await tab.welcome();
      assert.deepEqual(application.addresses, ['127.0.99.1']);
    });

    test('only the path of tabs is open to the world', async () => {
      const { port, internalPort } = await balanced.start([one]);
      const inside = Object.values(operations).map(({ method, path }) => ({ method, path }));
      for (const { method, path } of [...inside, { method: 'GET', path: '/console/' }]) {
        assert.equal(await statusOf(port, path, method), 404, path);
        assert.equal(await statusOf(port, `/ws/..${path}`, method), 404, path);
      }
      for (const path of ['/', '/ws/', '/ws%2f', '/WS', '//v1/nodes', '/balancer/health'])
        assert.equal(await statusOf(port, path), 404, path);
      assert.equal(await statusOf(port, '/ws'), 426);
      for (const path of ['/metrics', '/console/', '/v1/nodes', '/balancer/health'])
        assert.equal(await statusOf(internalPort, path), 200, path);
      // It is the balancer that refuses, and no gateway that has nothing there.
      await balanced.holderOf(await balanced.open('42')).kill();
      assert.equal(await statusOf(port, '/metrics'), 404);
    });

    test('after a gateway was killed, not one handshake fails', async () => {
      await balanced.start([one, two, three]);
      const tabs = await balanced.openMany(3);
      const killed = balanced.holderOf(tabs[0]!);
      await killed.kill();
      assert.equal((await tabs[0]!.closed).code, 1006);
      const holders = (await balanced.openMany(10)).map((tab) => balanced.holderOf(tab));
      assert.ok(!holders.includes(killed));
      for (const tab of tabs.slice(1)) assert.equal(tab.socket.readyState, WebSocket.OPEN);
    });

    test('a gateway that drains keeps its tabs to the end of their time, and gets no more when its port is closed', async () => {
      await balanced.start([one, two, three], { DRAIN_LAME_DUCK: '3000', DRAIN_WINDOW: '2000' });
      const tabs = await balanced.openMany(6);
      const draining = balanced.holderOf(tabs[0]!);
      const [leaving, staying] = [true, false].map((leaves) =>
        tabs.filter((tab) => (balanced.holderOf(tab) === draining) === leaves),
      ) as [TestTab[], TestTab[]];
      const ended = draining.kill('SIGTERM');
      // The hint comes when the lame duck is over and the port closed; to wait for it fails if a tab is closed before.
      await Promise.all(leaving.map((tab) => tab.next('sys/reconnect')));
      const holders = (await balanced.openMany(10)).map((tab) => balanced.holderOf(tab));
      assert.ok(!holders.includes(draining));
      for (const { closed } of leaving) assert.equal((await closed).code, 4000);
      await ended;
      for (const tab of staying) assert.equal(tab.socket.readyState, WebSocket.OPEN);
    });
  });

describe('haproxy finds gateways by their name', { skip: without('haproxy') }, () => {
  const balanced = new Balanced((behind) => Haproxy.start(behind));

  test('one that is new gets tabs', async () => {
    const haproxy = await balanced.start([one, two]);
    await balanced.openMany(4);
    const added = await balanced.add(three);
    haproxy.point([one, two, three]);
    await haproxy.untilServing(3);
    const holders = (await balanced.openMany(8)).map((tab) => balanced.holderOf(tab));
    assert.ok(holders.includes(added));
  });

  test('one whose address is no longer there keeps the tabs that it has', async () => {
    const haproxy = await balanced.start([one, two]);
    const tabs = await balanced.openMany(4);
    haproxy.point([two]);
    await haproxy.untilServing(1);
    for (const tab of tabs) tab.send('echo', [], 1);
    for (const tab of tabs) await tab.next('echo');
  });

  test('one that drains is out before it closes its port', async () => {
    const haproxy = await balanced.start([one, two], { DRAIN_LAME_DUCK: '5000', DRAIN_WINDOW: '500' });
    const tab = await balanced.open('42');
    const ended = balanced.holderOf(tab).kill('SIGTERM');
    await haproxy.untilServing(1);
    assert.ok(!tab.frames.some(({ action }) => action === 'sys/reconnect'));
    await tab.next('sys/reconnect');
    await ended;
  });
});

describe('a tab that says nothing is kept', { concurrency: true }, () => {
  for (const [name, start] of Object.entries(balancers))
    describe(`by ${name}`, { skip: without(name) }, () => {
      const balanced = new Balanced(start);

      test('from ping to ping, longer than any other time limit', async () => {
        await balanced.start([one], { IDLE_TIMEOUT: '40' });
        const tab = await balanced.open('42');
        const closed = tab.closed.then(({ code }) => assert.fail(`closed with ${code}`));
        for (let ping = 1; ping <= 3; ping++) await Promise.race([once(tab.socket, 'ping'), closed]);
        closed.catch(() => {});
        tab.send('echo', [], 1);
        await tab.next('echo');
      });
    });
});

/** The answer to a path that is sent as it is; `fetch` would resolve its dots. */
async function statusOf(port: number, path: string, method = 'GET'): Promise<number> {
  const headers = { authorization: `Bearer ${apiKey}` };
  const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode!;
}

/** An application that takes everybody for 42, and remembers where they came from. */
async function whoIsIt(): Promise<{ url: string; addresses: string[]; stop(): void }> {
  const addresses: string[] = [];
  const server = createServer(async (request, response) => {
    const { type, data } = JSON.parse((await request.toArray()).join(''));
    if (type === 'connect') addresses.push(data.address);
    response.end(JSON.stringify({ user: '42' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, addresses, stop: () => server.close() };
}
