import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { publication, welcome } from './gateway.js';
import { open, reached } from './open-pages.js';

describe('carrier: which frame is for whom', () => {
  test('what a page sends carries its number, whatever the page says itself', async () => {
    const { browser, tabs, socket } = await open('ann', 'bob');
    tabs[1]!.send({ action: 'chat/message', details: ['hi'], id: 7 });
    tabs[1]!.send({ action: 'chat/message', details: [], tab: 1 });
    tabs[1]!.socket.send('no frame');
    await browser.settle();
    assert.deepEqual(socket.sent.slice(2), [
      { tab: 2, action: 'chat/message', details: ['hi'], id: 7 },
      { tab: 2, action: 'chat/message', details: [] },
    ]);
  });

  test('a frame with a number is for that page alone', async () => {
    const { browser, tabs, socket } = await open('ann', 'ann');
    socket.receive({ tab: 2, action: 'reply', details: [1], re: 7 });
    socket.receive({ tab: 1, at: ['user:ann', null], action: 'only', details: [] });
    socket.receive(
      { tab: 9, at: ['user:ann', null], action: 'nobody', details: [] },
      { action: 'nobody', details: [] },
    );
    await browser.settle();
    assert.deepEqual(
      tabs.map(({ actions }) => actions),
      [
        ['sys/welcome', 'only'],
        ['sys/welcome', 'reply'],
      ],
    );
  });

  test('a publication reaches the pages that are in its channel', async () => {
    const { browser, tabs, socket } = await open('ann', 'bob', 'ann', undefined);
    for (const channel of ['all', 'registered', 'user:ann', 'group:red'])
      socket.receive(publication(channel, `to ${channel}`));
    await browser.settle();
    assert.deepEqual(reached(tabs, 'to all'), [1, 1, 1, 1]);
    assert.deepEqual(reached(tabs, 'to registered'), [1, 1, 1, 0]);
    assert.deepEqual(reached(tabs, 'to user:ann'), [1, 0, 1, 0]);
    assert.deepEqual(reached(tabs, 'to group:red'), [0, 0, 0, 0]);
  });

  test('a page is in no channel before its welcome', async () => {
    const { browser, socket } = await open('ann');
    const late = browser.page(['worker']).connect('ann');
    await browser.settle();
    socket.receive(publication('user:ann', 'early'));
    socket.receive(welcome(2, 'ann'), publication('user:ann', 'in time'));
    await browser.settle();
    assert.deepEqual(late.actions, ['sys/welcome', 'in time']);
  });

  test('groups come by welcome, sys/join and sys/auth, and go by sys/leave and sys/auth', async () => {
    const { browser, tabs, socket } = await open(undefined);
    const steps: [object, string[]][] = [
      [{ tab: 1, action: 'sys/join', details: ['red'], re: 1 }, ['red']],
      [{ tab: 1, action: 'sys/join', details: ['blue'] }, ['red', 'blue']],
      [{ tab: 1, action: 'sys/join:error', details: [403, 'no'], re: 2 }, ['red', 'blue']],
      [{ tab: 1, action: 'sys/leave', details: ['red'] }, ['blue']],
      [{ tab: 1, action: 'sys/auth:error', details: [401, 'no'] }, ['blue']],
      [
        {
          tab: 1,
          action: 'sys/auth',
          details: [{ user: 'ann', session: null, groups: ['green'], expires: 1 }],
        },
        ['green', 'registered', 'user:ann'],
      ],
    ];
    const channels = ['group:red', 'group:blue', 'group:green', 'registered', 'user:ann'];
    for (const [step, [frame]] of steps.entries()) {
      socket.receive(frame, ...channels.map((channel) => publication(channel, `${step} ${channel}`)));
      await browser.settle();
      const heard = tabs[0]!.actions.filter((action) => action.startsWith(`${step} `));
      const wanted = steps[step]![1].map((name) => (channels.includes(name) ? name : `group:${name}`));
      assert.deepEqual(heard.map((action) => action.slice(2)).sort(), wanted.sort(), `step ${step}`);
    }
  });

  test('nonsense on its port does not disturb a carrier', async () => {
    const { browser, tabs, socket } = await open('ann');
    const ports = browser.listening.map((name) => browser.channel({ alive: true }, name));
    for (const port of ports)
      for (const nonsense of [
        null,
        'open',
        {},
        { kind: 'open' },
        { kind: 'close', code: '1' },
        { kind: 'toString' },
      ])
        port.postMessage(nonsense);
    await browser.settle();
    socket.receive(publication('user:ann', 'still there'));
    await browser.settle();
    assert.deepEqual(reached(tabs, 'still there'), [1]);
    assert.equal(socket.sent.length, 1);
  });
});
