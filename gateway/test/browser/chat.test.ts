import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { photograph, TestBrowser } from '../support/browser.js';
import { chatHandlers, chatOrigin, serveChat } from '../support/chat.js';
import { ChatWindow } from '../support/chat-window.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';

const origins = [await chatOrigin(), await chatOrigin()] as const;

describe('the chat across two gateways', () => {
  const browser = new TestBrowser();
  const { gateways } = new TwoGateways({ ORIGINS: origins.join(), OFFLINE_DELAY: '1500', ...chatHandlers });

  before(async () => {
    for (const [index, origin] of origins.entries()) await serveChat(origin, gateways[index]!);
  });

  /** A window at one of the gateways, in a browser of its own. */
  async function logIn(name: string, gateway: 0 | 1): Promise<ChatWindow> {
    return ChatWindow.logIn(await (await browser.profile()).newPage(), origins[gateway], name);
  }

  test('every window says which gateway holds it', async () => {
    for (const index of [0, 1] as const) {
      const window = await logIn('ann', index);
      assert.equal(await window.gateway(), gateways[index]!.id);
      assert.match((await window.connection())!, new RegExp(`^${gateways[index]!.id}-`));
    }
  });

  test('what is said reaches every window that it is for, once', async () => {
    const anns = [await logIn('ann', 0), await logIn('ann', 1)];
    const bobs = [await logIn('bob', 0), await logIn('bob', 1)];
    const cid = await logIn('cid', 1);
    const [ann] = anns as [ChatWindow];

    await ann.say('to the room');
    for (const window of [...anns, ...bobs, cid]) await window.hears('to the room', 'in lobby');

    await ann.turnTo('bob');
    await ann.say('to one person');
    for (const window of anns) await window.hears('to one person', 'with bob');
    for (const window of bobs) await window.hears('to one person', 'with ann');

    await ann.turnTo('Everyone');
    await ann.say('to everyone');
    for (const window of [...anns, ...bobs, cid]) await window.hears('to everyone', 'in Everyone');

    for (const window of [...anns, ...bobs, cid])
      for (const text of ['to the room', 'to one person', 'to everyone'])
        assert.equal(await window.messages(text).count(), window === cid && text === 'to one person' ? 0 : 1);
  });

  test('two tabs of one browser show the same, and log out together', async () => {
    const profile = await browser.profile();
    const first = await ChatWindow.logIn(await profile.newPage(), origins[0], 'ann');
    const second = await ChatWindow.open(await profile.newPage(), origins[0]);
    assert.notEqual(await first.connection(), await second.connection());
    await first.say('said in the first');
    await second.hears('said in the first', 'in lobby');
    await second.say('said in the second');
    await first.hears('said in the second', 'in lobby');
    await first.page.getByRole('button', { name: 'Log out' }).click();
    for (const { page } of [first, second]) await page.getByLabel('Your name').waitFor();
  });

  test('a person is online until the last window is closed', async () => {
    const ann = await logIn('ann', 0);
    const [first, last] = [await logIn('dan', 0), await logIn('dan', 1)];
    await ann.sees('dan', 'online');
    await first.page.close();
    await last.say('still here');
    await ann.hears('still here', 'in lobby');
    await ann.sees('dan', 'online');
    await last.page.close();
    await ann.sees('dan', 'offline');
  });

  for (const text of ['<img src=x onerror="document.ran = 1">', '<script>document.ran = 1</script>'])
    test(`what looks like HTML is shown as text: ${text}`, async () => {
      const ann = await logIn('ann', 0);
      const shown = (place: string) =>
        ann.page.locator(place).getByText(text, { exact: true }).last().waitFor();

      await ann.say(text);
      await shown('#logs .text');

      // The chat lets nobody in under such a name, so here is a token that it has not signed.
      const token = await tokenFor(text, { groups: ['chat', 'room/lobby'] });
      const mallory = await TestTab.open(gateways[1]!.socketUrl, { token });
      mallory.send('chat/enter', ['chat']);
      mallory.send('chat/room', ['lobby', 'from mallory']);
      await ann.hears('from mallory', 'in lobby');
      await shown('#logs .head');
      await shown('#people');

      const message = { from: 'mallory', text: 'in some room', time: 0 };
      await gateways[0]!.send({ to: { user: 'ann' }, action: 'chat/room', details: [text, message] });
      await shown('#rooms');
      await ann.turnTo('Everyone');

      assert.equal(await ann.page.evaluate('document.ran'), undefined);
      assert.equal(await ann.page.locator('#logs, #rooms, #people').locator('img, script').count(), 0);
      await mallory.close();
    });

  test('nobody logs in under a name that looks like HTML', async () => {
    browser.tolerate(/status of 400/);
    const page = await browser.open(origins[0]);
    await page.getByLabel('Your name').fill('<img src=x>');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('#login-problem', { hasText: /^Expected a name/ }).waitFor();
  });

  test('looks well', async () => {
    await photograph(await browser.open(origins[0]), 'chat-login');
    const [ann, bob] = [await logIn('ann', 0), await logIn('bob', 1)];
    await ann.say('Good morning! Has anybody seen the train times for Saturday?');
    await bob.hears('Good morning! Has anybody seen the train times for Saturday?', 'in lobby');
    await bob.say('They are on the board in the kitchen.');
    await bob.say(
      'https://www.example.com/a/rather/long/address/without/any/space/to/break/at?of=course&and=so-on',
    );
    await ann.hears('They are on the board in the kitchen.', 'in lobby');
    await bob.turnTo('ann');
    await bob.say('Are you taking the early one?');
    await ann.hears('Are you taking the early one?', 'with bob');
    await photograph(ann.page, 'chat');
    await ann.page.setViewportSize({ width: 390, height: 844 });
    await ann.page.getByRole('button', { name: /^Conversations/ }).click();
    await photograph(ann.page, 'chat-menu', [390]);
    await ann.page.setViewportSize({ width: 1280, height: 800 });
    await ann.page.locator('#sidebar:popover-open').waitFor({ state: 'detached' });
  });
});
