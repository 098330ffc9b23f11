import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { photograph, TestBrowser } from '@tabcast/gateway/testing/browser';
import { TestTab } from '@tabcast/gateway/testing/tab';
import { until } from '@tabcast/gateway/testing/until';
import type { BrowserContext, Page } from 'playwright-core';
import { without } from '../support/programs.js';
import { Shop, Visitor } from '../support/shop.js';

describe('the PHP shop', { skip: without('php') }, () => {
  const browser = new TestBrowser();
  let shop: Shop;

  before(async () => {
    shop = await Shop.open();
  });
  after(() => shop.close());

  const button = (page: Page, name: string) => page.getByRole('button', { name });
  const live = (page: Page) => page.locator('#live[data-state=open]').waitFor();
  const toasts = (page: Page) => page.locator('#toasts p').allTextContents();

  async function logIn(name: string, profile?: BrowserContext): Promise<Page> {
    const page = await browser.open(shop.url(), profile);
    await button(page, name).click();
    await live(page);
    return page;
  }

  /** How many tabs a user has, and of which logins. */
  async function presence(user: string): Promise<{ tabs: number; sessions: string[] }> {
    return (await (await shop.gateway.api(`/v1/users/${user}`)).json()) as {
      tabs: number;
      sessions: string[];
    };
  }

  async function shipFirst(office: Page): Promise<string> {
    await office.goto(shop.url('office'));
    await button(office, 'Ship').first().click();
    return (await office.getByRole('status').textContent())!;
  }

  test('what the office ships is told to every tab of the customer, and to nobody else', async () => {
    const profile = await browser.profile();
    const ann = [await logIn('Ann', profile), await browser.open(shop.url(), profile)];
    await live(ann[1]!);
    const bob = await logIn('Bob');
    const { tabs, sessions } = await presence('ann');
    assert.equal(tabs, 2);
    assert.match(sessions.join(), /^[0-9a-f]{16}$/);

    await button(ann[0]!, 'Teapot').click();
    for (const page of ann) await page.getByText('being packed').waitFor();
    for (const page of ann) await live(page);
    const office = await browser.open(shop.url('office'));
    assert.equal(await shipFirst(office), 'Shipped. The customer is online and has been told.');
    for (const page of ann) {
      await page.getByText('Your teapot has shipped.').waitFor();
      await page.locator('.shipped', { hasText: 'on its way' }).waitFor();
    }

    await button(bob, 'Bicycle bell').click();
    await live(bob);
    await shipFirst(office);
    await bob.getByText('Your bicycle bell has shipped.').waitFor();
    assert.deepEqual(await toasts(bob), ['Your bicycle bell has shipped.']);
    for (const page of ann) assert.deepEqual(await toasts(page), ['Your teapot has shipped.']);

    await button(ann[0]!, 'Log out').click();
    for (const page of ann) await page.getByText('Who are you?').waitFor();
    assert.equal((await presence('ann')).tabs, 0);
    assert.equal((await presence('bob')).tabs, 1);
  });

  test('looks well', async () => {
    const cleo = await logIn('Cleo');
    for (const [index, article] of ['Teapot', 'Storm lantern', 'Bicycle bell'].entries()) {
      await button(cleo, article).click();
      await cleo.locator('#orders li').nth(index).waitFor();
    }
    await live(cleo);
    const office = await browser.open(shop.url('office'));
    await photograph(await browser.open(shop.url()), 'shop-login');
    await shipFirst(office);
    await cleo.getByText('has shipped').waitFor();
    await photograph(office, 'shop-office');
    await photograph(cleo, 'shop-customer');
  });

  test('a customer who is not there would get an e-mail', async () => {
    const visitor = new Visitor(shop.url());
    await visitor.post('login', { customer: 'bob' });
    await until('bob to be away', async () => {
      const page = await (await visitor.post('order', { article: 'Teapot' })).text();
      const [, number] = /id="order-(\d+)"/.exec(page)!;
      const answer = await (await visitor.post('ship', { order: number! })).text();
      return answer.includes('not online: an e-mail would be sent');
    });
  });

  test('who has no session, or one that was made up, is nobody', async () => {
    for (const cookie of ['', 'shop=made-up', 'shop=../../etc/passwd', 'other=1; shop=']) {
      const tab = await TestTab.open(shop.gateway.socketUrl, { headers: { origin: shop.origin, cookie } });
      assert.equal((await tab.welcome()).user, null);
      await tab.close();
    }
  });

  test('a login has a session of its own, which ends with the logout, and its socket too', async () => {
    const visitor = new Visitor(shop.url());
    const first = await visitor.get();
    assert.match(first.headers.get('set-cookie')!, /HttpOnly/);
    assert.match(first.headers.get('set-cookie')!, /SameSite=Lax/);
    assert.match(first.headers.get('content-security-policy')!, /^default-src 'none'; script-src 'self';/);
    const before = visitor.cookie;
    await visitor.post('login', { customer: 'ann' });
    assert.notEqual(visitor.cookie, before);

    const headers = { origin: shop.origin, cookie: visitor.cookie };
    const tab = await TestTab.open(shop.gateway.socketUrl, { headers });
    assert.equal((await tab.welcome()).user, 'ann');
    await visitor.post('logout', {});
    assert.equal((await tab.closed).code, 4403);
    const later = await TestTab.open(shop.gateway.socketUrl, { headers });
    assert.equal((await later.welcome()).user, null);
    await later.close();
  });

  test('forms of other sites and webhooks of strangers change nothing', async () => {
    const visitor = new Visitor(shop.url());
    await visitor.get();
    for (const fields of [{ customer: 'ann' }, { customer: 'ann', form: 'guessed' }])
      assert.equal((await visitor.postAsIs('login', fields as Record<string, string>)).status, 403);
    const forged = { type: 'connect', data: { headers: { cookie: visitor.cookie } } };
    const answer = await fetch(shop.url('tabcast'), { method: 'POST', body: JSON.stringify(forged) });
    assert.equal(answer.status, 400);
    assert.equal((await visitor.get('nothing-here')).status, 404);
  });

  test('the office goes on when no gateway is there', async () => {
    const alone = await Shop.open();
    try {
      await alone.gateway.kill();
      const visitor = new Visitor(alone.url());
      await visitor.post('login', { customer: 'ann' });
      await visitor.post('order', { article: 'Teapot' });
      const answer = await (await visitor.post('ship', { order: '1001' })).text();
      assert.match(answer, /No gateway could be reached: an e-mail would be sent/);
      assert.match(await (await visitor.get()).text(), /on its way/);
    } finally {
      await alone.close();
    }
  });
});
