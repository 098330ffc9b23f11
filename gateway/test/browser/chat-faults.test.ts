import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { balance } from '../support/balancer.js';
import { freeze, lostConnections, photograph, TestBrowser } from '../support/browser.js';
import { type Cable, layCable } from '../support/cable.js';
import { chatHandlers, chatOrigin, serveChat } from '../support/chat.js';
import { ChatWindow } from '../support/chat-window.js';
import type { GatewayProcess } from '../support/gateway.js';
import { PerTest } from '../support/per-test.js';
import { until } from '../support/until.js';

describe('the chat when things go wrong', () => {
  const browser = new TestBrowser();
  const cluster = new PerTest(chatHandlers);

  /** Logs in with a browser of its own. */
  async function logIn(name: string, origin: string): Promise<ChatWindow> {
    return ChatWindow.logIn(await (await browser.profile()).newPage(), origin, name);
  }

  /** A gateway with a chat whose pages connect by a way of their own, and whose tokens may be short-lived. */
  async function startChat(
    wayTo: (publicPort: number) => number | Promise<number>,
    tokenLife?: number,
  ): Promise<{ gateway: GatewayProcess; origin: string }> {
    const origin = await chatOrigin();
    const gateway = await cluster.start({ ORIGINS: origin, TOKEN_CLOCK_TOLERANCE: '0' });
    const port = await wayTo(gateway.publicPort);
    await serveChat(origin, { socketUrl: socketUrl(port), internalPort: gateway.internalPort }, tokenLife);
    return { gateway, origin };
  }

  test('a gateway is killed: its windows say so, and are back on another one in less than 5 s', async () => {
    browser.tolerate(lostConnections);
    const origin = await chatOrigin();
    const first = await cluster.start({ ORIGINS: origin });
    const second = await cluster.start({ ORIGINS: origin });
    const balancer = await balance([first.publicPort, second.publicPort]);
    await serveChat(origin, { socketUrl: socketUrl(balancer), internalPort: second.internalPort });
    const [ann, bob] = [await logIn('ann', origin), await logIn('bob', origin)];
    await ann.say('before');
    await bob.hears('before', 'in lobby');
    assert.deepEqual([await ann.gateway(), await bob.gateway()], [first.id, first.id]);

    const killed = performance.now();
    await first.kill('SIGKILL');
    for (const { page } of [ann, bob]) await page.locator('#gateway', { hasText: second.id }).waitFor();
    assert.ok(performance.now() - killed < 5000, `back after ${performance.now() - killed} ms`);
    for (const window of [ann, bob])
      assert.deepEqual(await window.states(), ['open', 'waiting', 'connecting', 'open']);

    await until('both to be in the lobby again', () => isInLobby(second, 'ann', 'bob'));
    await ann.say('after');
    await bob.hears('after', 'in lobby');
    await bob.say('and back');
    await ann.hears('and back', 'in lobby');
  });

  test('the network goes: what is written meanwhile waits, and is sent when it is back', async (t) => {
    browser.tolerate(lostConnections);
    let cable: Cable | undefined;
    t.after(() => cable?.close());
    const { gateway, origin } = await startChat(async (port) => {
      cable = await layCable(port);
      return cable.port;
    });
    const [ann, bob] = [await logIn('ann', origin), await logIn('bob', origin)];

    // To Chromium, being offline means no new connections; those that are there go on.
    for (const { page } of [ann, bob]) await page.context().setOffline(true);
    cable!.cut();
    await ann.is('waiting');
    await ann.say('written offline');
    await ann.messages('written offline').filter({ hasText: 'waits for the connection' }).waitFor();
    await photograph(ann.page, 'chat-offline');

    cable!.heal();
    await bob.page.context().setOffline(false);
    await until('bob to be in the lobby again', () => isInLobby(gateway, 'bob'));
    await ann.page.context().setOffline(false);
    await bob.hears('written offline', 'in lobby');
    await ann.hears('written offline', 'in lobby');
  });

  test('tokens that live two seconds are replaced on the connection that there is', async () => {
    const { gateway, origin } = await startChat((port) => port, 2);
    const ann = await logIn('ann', origin);
    const connection = await ann.connection();
    await tokensReplaced(gateway, 2);
    await ann.say('still the same');
    await ann.hears('still the same', 'in lobby');
    assert.equal(await ann.connection(), connection);
  });

  test('a page in the background keeps its connection; frozen there until its token has expired, it comes back', async () => {
    const { gateway, origin } = await startChat((port) => port, 2);
    const profile = await browser.ordinaryProfile();
    const ann = await ChatWindow.logIn(await profile.newPage(), origin, 'ann');
    const connection = await ann.connection();
    await (await browser.open('about:blank', profile)).bringToFront();
    await until('the page to be hidden', () => ann.page.evaluate('document.hidden'));
    await tokensReplaced(gateway, 1);
    assert.equal(await ann.connection(), connection);

    const thaw = await freeze(ann.page);
    const frozen = Date.now();
    await until('the tab to be gone', async () => (await gateway.metric('tabcast_tabs')) === 0);
    await until('its token to expire', () => Date.now() > frozen + 2000);
    await thaw();
    await ann.page.bringToFront();
    await ann.page.locator('#connection').filter({ hasNotText: connection! }).waitFor();
    await ann.is('open');
    await ann.say('good morning');
    await ann.hears('good morning', 'in lobby');
  });
});

function socketUrl(port: number): string {
  return `ws://127.0.0.1:${port}/ws`;
}

async function isInLobby(gateway: GatewayProcess, ...users: string[]): Promise<boolean> {
  const { users: there } = (await (await gateway.api('/v1/groups/room%2Flobby')).json()) as {
    users: { user: string }[];
  };
  return users.every((user) => there.some((one) => one.user === user));
}

/** Resolves when so many more tokens were accepted than before. */
async function tokensReplaced(gateway: GatewayProcess, times: number): Promise<void> {
  const accepted = async () => (await gateway.metric('tabcast_tokens_total{outcome="accepted"}'))!;
  const before = await accepted();
  await until('tokens to be replaced', async () => (await accepted()) >= before + times, 30_000);
}
