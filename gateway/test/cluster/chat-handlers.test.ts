import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { chatHandlers } from '../support/chat.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';
import { until } from '../support/until.js';

/** The application of examples/chat behind two gateways: who gets what is said, and who is told to be where. */

interface Message {
  readonly from: string;
  readonly text: string;
  readonly to?: string;
  readonly time: number;
}

describe('the application of the chat', () => {
  const { gateways } = new TwoGateways({ ...chatHandlers, OFFLINE_DELAY: '1500', ANONYMOUS: 'true' });
  const tabs: TestTab[] = [];
  let requests = 0;

  afterEach(async () => {
    for (const tab of tabs.splice(0)) await tab.close();
  });

  /** A tab as the web server of the chat lets it in, in these rooms. */
  async function open(user: string, gateway: 0 | 1, ...rooms: string[]): Promise<TestTab> {
    const token = await tokenFor(user, { groups: ['chat'], join: ['room/*'] });
    const tab = await TestTab.open(gateways[gateway]!.socketUrl, { token });
    tabs.push(tab);
    for (const room of rooms) await request(tab, 'sys/join', `room/${room}`);
    return tab;
  }

  /** Sends an action and answers the details of its reply or refusal. */
  async function request(tab: TestTab, action: string, ...details: unknown[]): Promise<unknown[]> {
    const id = ++requests;
    tab.send(action, details, id);
    for (;;) {
      const frame = await tab.next(action).catch(() => undefined);
      if (frame === undefined || frame.re === id)
        return frame?.details ?? assert.fail(`no reply to ${action}`);
    }
  }

  async function refusal(tab: TestTab, action: string, ...details: unknown[]): Promise<unknown[]> {
    tab.send(action, details);
    return (await tab.next(`${action}:error`)).details;
  }

  /** How often each of these tabs has got a message, when all that was sent to everybody before has come. */
  async function counts(text: string, ...readers: TestTab[]): Promise<number[]> {
    const fence = `fence ${++requests}`;
    for (const gateway of gateways) await gateway.send({ to: { all: true }, action: fence });
    return Promise.all(
      readers.map(async (tab) => {
        for (const _ of gateways) await tab.next(fence);
        const said = tab.frames.filter(
          ({ details }) => (details.at(-1) as Message | undefined)?.text === text,
        );
        return said.length;
      }),
    );
  }

  test('a message to a room reaches its members on both gateways, and the sender once, as the reply', async () => {
    const ann = await open('ann', 0, 'lobby');
    const members = [
      await open('ann', 1, 'lobby'),
      await open('bob', 0, 'lobby'),
      await open('cid', 1, 'lobby'),
    ];
    const outside = [await open('ann', 0), await open('dan', 1, 'kitchen')];
    const [reply] = (await request(ann, 'chat/room', 'lobby', ' <b>hi</b> ')) as [Message];
    assert.deepEqual({ ...reply, time: 0 }, { from: 'ann', text: '<b>hi</b>', time: 0 });
    for (const member of members)
      assert.deepEqual((await member.next('chat/room')).details, ['lobby', reply]);
    assert.deepEqual(await counts('<b>hi</b>', ann, ...members, ...outside), [1, 1, 1, 1, 0, 0]);
  });

  test('a message to a person reaches all tabs of both, the sending one by the reply', async () => {
    const ann = await open('ann', 0);
    const others = [await open('ann', 1), await open('bob', 0), await open('bob', 1)];
    const stranger = await open('cid', 0);
    const [reply] = (await request(ann, 'chat/user', 'bob', 'psst')) as [Message];
    assert.deepEqual({ ...reply, time: 0 }, { from: 'ann', to: 'bob', text: 'psst', time: 0 });
    for (const tab of others) assert.deepEqual((await tab.next('chat/user')).details, [reply]);
    assert.deepEqual(await counts('psst', ann, ...others, stranger), [1, 1, 1, 1, 0]);
  });

  test('a message to oneself reaches the other tabs once', async () => {
    const [ann, other] = [await open('ann', 0), await open('ann', 1)];
    await request(ann, 'chat/user', 'ann', 'note');
    assert.deepEqual(await counts('note', ann, other), [1, 1]);
  });

  test('a message to somebody who is not here is refused, and nobody gets it', async () => {
    const [ann, other] = [await open('ann', 0), await open('ann', 1)];
    assert.deepEqual(await refusal(ann, 'chat/user', 'nobody', 'hello?'), [
      404,
      'nobody is not here, and has not got this',
    ]);
    assert.deepEqual(await counts('hello?', ann, other), [0, 0]);
  });

  test('a message to everyone reaches every tab once', async () => {
    const ann = await open('ann', 0);
    const others = [await open('ann', 0), await open('bob', 1), await open('cid', 0, 'lobby')];
    await request(ann, 'chat/everyone', 'all of you');
    assert.deepEqual(await counts('all of you', ann, ...others), [1, 1, 1, 1]);
  });

  test('who speaks is who the token names', async () => {
    const [ann, bob] = [await open('ann', 0), await open('bob', 1)];
    await request(ann, 'chat/everyone', 'it is me', { from: 'bob' }, 'bob');
    const [message] = (await bob.next('chat/everyone')).details as [Message];
    assert.equal(message.from, 'ann');
  });

  const refused: [what: string, action: string, details: unknown[], answer: [number, RegExp]][] = [
    ['a room that the tab has not joined', 'chat/room', ['kitchen', 'hi'], [403, /^Only who has joined/]],
    ['no text', 'chat/room', ['lobby'], [400, /^Expected a message/]],
    ['nothing but spaces', 'chat/everyone', [' \n '], [400, /^Expected a message/]],
    ['a text that is an object', 'chat/user', ['bob', { html: '<b>' }], [400, /^Expected a message/]],
    ['a text that is too long', 'chat/room', ['lobby', 'x'.repeat(2001)], [400, /^Expected at most 2000/]],
    ['a room that is no name', 'chat/room', ['a/b', 'hi'], [400, /^Expected a name/]],
    ['a person that is none', 'chat/user', [null, 'hi'], [400, /^Expected a name/]],
    ['who is in a group of others', 'chat/enter', ['staff'], [403, /^Only who is in a group/]],
    ['leaving what is no room', 'chat/leave', [42], [400, /^Expected a name/]],
  ];
  for (const [what, action, details, [code, sentence]] of refused)
    test(`${action} with ${what} is refused with ${code}`, async () => {
      const tab = await open('ann', 0, 'lobby');
      const [gotCode, gotSentence] = (await refusal(tab, action, ...details)) as [number, string];
      assert.equal(gotCode, code);
      assert.match(gotSentence, sentence);
    });

  test('whoever has no login may do nothing', async () => {
    const tab = await TestTab.open(gateways[0]!.socketUrl, {});
    tabs.push(tab);
    for (const action of ['chat/room', 'chat/user', 'chat/everyone', 'chat/enter', 'chat/leave'])
      assert.equal((await refusal(tab, action, 'tea', 'Hello'))[0], 403, action);
  });

  test('who enters is told who is there, and they are told who came', async () => {
    const ann = await open('ann', 0, 'lobby');
    assert.deepEqual(await request(ann, 'chat/enter', 'room/lobby'), [['ann']]);
    const bob = await open('bob', 1, 'lobby');
    const [members] = (await request(bob, 'chat/enter', 'room/lobby')) as [string[]];
    assert.deepEqual(members.sort(), ['ann', 'bob']);
    assert.deepEqual((await ann.next('chat/came')).details, ['room/lobby', 'bob']);
  });

  test('who leaves a room has left it with the last tab', async () => {
    const ann = await open('ann', 0, 'lobby');
    const bobs = [await open('bob', 0, 'lobby'), await open('bob', 1, 'lobby')];
    for (const bob of bobs) {
      await request(bob, 'sys/leave', 'room/lobby');
      await request(bob, 'chat/leave', 'lobby');
    }
    assert.deepEqual((await ann.next('chat/went')).details, ['room/lobby', 'bob']);
    assert.equal(ann.frames.filter(({ action }) => action === 'chat/went').length, 1);
  });

  test('who closes the last tab has left the rooms, and is offline', async () => {
    const ann = await open('ann', 0, 'lobby');
    const eve = await open('eve', 1, 'lobby');
    const told = (action: string) =>
      ann.frames.filter((frame) => frame.action === action && frame.details.at(-1) === 'eve');
    await eve.close();
    await until('both to be told', () => told('chat/went').length > 0 && told('chat/offline').length > 0);
    assert.deepEqual(told('chat/went')[0]!.details, ['room/lobby', 'eve']);
  });
});
