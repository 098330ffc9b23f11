import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { TestTab } from '@tabcast/gateway/testing/tab';
import { Composed } from '../support/composed.js';
import { without } from '../support/programs.js';

describe('what docker-compose.yml runs, behind its balancer', {
  skip: without('haproxy') || without('php'),
}, () => {
  let composed: Composed;
  const tabs: TestTab[] = [];
  before(async () => {
    composed = await Composed.start();
  });
  after(async () => {
    for (const { socket } of tabs) socket.terminate();
    await composed.stop();
  });

  test('a page of the chat brings a token, and its actions are handled', async () => {
    const { token } = (await (
      await fetch(`${chat()}/token`, { headers: { cookie: await logInToChat('zoe') } })
    ).json()) as {
      token: string;
    };
    const tab = connect({ origin: chat() }, token);
    assert.equal((await tab.welcome()).user, 'zoe');
    tab.send('chat/everyone', ['Good morning'], 1);
    assert.equal((await tab.next('chat/everyone')).re, 1);
  });

  test('a page of the shop brings a cookie, and what the shop sends arrives', async () => {
    const visit = await fetch(shop());
    const before = cookieOf(visit);
    const loggedIn = await post('/login', before, { form: formOf(await visit.text()), customer: 'ann' });
    const cookie = cookieOf(loggedIn);
    const tab = connect({ origin: shop(), cookie });
    assert.equal((await tab.welcome()).user, 'ann');

    const form = formOf(await pageOf('/', cookie));
    await post('/order', cookie, { form, article: 'Teapot' });
    const [, order] = /name="order" value="(\d+)"/.exec(await pageOf('/office', cookie))!;
    const shipped = await post('/ship', cookie, { form, order: order! });
    assert.equal(shipped.headers.get('location'), '/office?told=live');
    const [details] = (await tab.next('order/shipped')).details as [{ article: string }];
    assert.equal(details.article, 'Teapot');
  });

  test('the shop serves the library for pages that the chat has', async () => {
    const [ofShop, ofChat] = [await fetch(`${shop()}/client`), await fetch(`${chat()}/tabcast.js`)];
    assert.equal(ofShop.status, 200);
    assert.match(ofShop.headers.get('content-type')!, /^text\/javascript/);
    assert.equal(await ofShop.text(), await ofChat.text());
  });

  test('pages of others are refused', async () => {
    await assert.rejects(connect({ origin: 'https://evil.example' }).welcome(), /403/);
  });

  for (const name of ['chat', 'shop'])
    test(`the health check of the ${name} finds it well`, () => {
      const [, ...command] = (composed.service(name).healthcheck as { test: string[] }).test;
      assert.equal(spawnSync(command[0]!, command.slice(1), { stdio: 'inherit' }).status, 0);
    });

  const chat = () => composed.origins.chat;
  const shop = () => composed.origins.shop;

  function connect(headers: Record<string, string>, token?: string): TestTab {
    const tab = TestTab.connect(composed.socketUrl, { headers, token });
    tabs.push(tab);
    return tab;
  }

  async function logInToChat(name: string): Promise<string> {
    const body = JSON.stringify({ name });
    return cookieOf(await fetch(`${chat()}/login`, { method: 'POST', headers: { origin: chat() }, body }));
  }

  async function pageOf(path: string, cookie: string): Promise<string> {
    return (await fetch(shop() + path, { headers: { cookie } })).text();
  }

  function post(path: string, cookie: string, fields: Record<string, string>): Promise<Response> {
    const body = new URLSearchParams(fields);
    return fetch(shop() + path, { method: 'POST', headers: { cookie }, body, redirect: 'manual' });
  }
});

function cookieOf(answer: Response): string {
  return answer.headers.getSetCookie()[0]!.split(';')[0]!;
}

/** What the forms of a page bring along. */
function formOf(page: string): string {
  return /name="form" value="(\w+)"/.exec(page)![1]!;
}
