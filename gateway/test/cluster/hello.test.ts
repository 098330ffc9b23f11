import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { GatewayProcess } from '../support/gateway.js';
import { type TabEncoding, type TabOptions, TestTab, tokenFor } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';

const encodings: TabEncoding[] = ['json', 'msgpack'];

describe('the hello example', () => {
  const { gateways } = new TwoGateways({
    ANONYMOUS: 'true',
    HANDLERS: fileURLToPath(new URL('../../../../examples/hello.js', import.meta.url)),
  });
  const tabs: TestTab[] = [];
  after(() => {
    for (const tab of tabs) tab.socket.terminate();
  });

  async function open(at: GatewayProcess, options: TabOptions = {}): Promise<TestTab> {
    const tab = await TestTab.open(at.socketUrl, options);
    tabs.push(tab);
    return tab;
  }

  for (const sender of encodings)
    test(`a hello in ${sender} comes back to every tab of its sender, on both gateways`, async () => {
      const seats = [0, 1].flatMap((at) => encodings.map((encoding) => ({ at: gateways[at]!, encoding })));
      const token = await tokenFor(`sender in ${sender}`);
      const own = await Promise.all(seats.map(({ at, encoding }) => open(at, { token, encoding })));
      const stranger = await open(gateways[0]!, { token: await tokenFor('somebody else') });
      const message = { text: 'grüß dich 👋', list: [1, -2.5, null, true] };
      const asking = own.find(({ encoding }) => encoding === sender)!;

      asking.send('hello', [message], 1);
      for (const tab of own.filter((one) => one !== asking))
        assert.deepEqual((await tab.next('hello')).details, [message]);
      // The reply to the id may overtake the message.
      const both = [await asking.next('hello'), await asking.next('hello')];
      assert.deepEqual(
        both.toSorted((a, b) => a.details.length - b.details.length).map(({ details, re }) => [details, re]),
        [
          [[], 1],
          [[message], undefined],
        ],
      );

      await gateways[0]!.send({ to: { all: true }, action: 'fence' });
      await stranger.next('fence');
      assert.deepEqual(
        stranger.frames.map(({ action }) => action),
        ['sys/welcome', 'fence'],
      );
    });

  test('an empty hello is an error, with the id and without one', async () => {
    const tab = await open(gateways[0]!, { token: await tokenFor('ann') });
    for (const details of [[], ['']]) {
      tab.send('hello', details);
      assert.deepEqual(await tab.next('hello:error'), {
        action: 'hello:error',
        details: [400, 'No hello message'],
      });
    }
    tab.send('hello', [], 'mine');
    assert.equal((await tab.next('hello:error')).re, 'mine');
  });

  test('an anonymous hello comes back to its own tab alone', async () => {
    const [tab, other] = [await open(gateways[0]!), await open(gateways[0]!)];
    tab.send('hello', ['hi']);
    assert.deepEqual((await tab.next('hello')).details, ['hi']);
    await gateways[0]!.send({ to: { all: true }, action: 'fence' });
    await other.next('fence');
    assert.ok(other.frames.every(({ action }) => action !== 'hello'));
  });
});
