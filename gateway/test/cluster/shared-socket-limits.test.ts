import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { jsonProtocol, maxTabsPerSocket } from '@tabcast/shared';
import { Flood } from '../support/flood.js';
import { GatewayProcess } from '../support/gateway.js';
import { PerTest } from '../support/per-test.js';
import { refusedHandshake } from '../support/raw-client.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** What a shared socket may hold and say, how it ends, and that nothing is left of it. */

const crowded = { code: 4010, reason: 'crowded' };
const closed = (reason: string) => `tabcast_tabs_closed_total{reason="${reason}"}`;

describe('a shared socket', { timeout: 60_000 }, () => {
  const perTest = new PerTest();
  const start = (options: Record<string, string> = {}) => perTest.start({ ANONYMOUS: 'true', ...options });
  const open = ({ socketUrl }: GatewayProcess) => SharedTestSocket.open(socketUrl);
  const openTabs = async (socket: SharedTestSocket, count: number, token?: string): Promise<TestTab[]> =>
    Promise.all(Array.from({ length: count }, () => socket.openTab({ token })));

  test('carries so many tabs and no more; those that it carries do not mind', async () => {
    const gateway = await start();
    const socket = await open(gateway);
    const tabs = await openTabs(socket, maxTabsPerSocket);
    assert.deepEqual(await socket.connect().closed, crowded);
    assert.equal(await gateway.metric('tabcast_tabs'), maxTabsPerSocket);
    await tabs[0]!.close();
    tabs.push(await socket.openTab());
    await gateway.send({ to: { all: true }, action: 'word' });
    for (const tab of tabs.slice(1)) await tab.next('word');
    assert.equal(socket.frames.filter(({ action }) => action === 'word').length, 1);
    assert.equal(await gateway.metric(closed('crowded')), 1);
    assert.equal(await gateway.metric('tabcast_tabs_opened_total'), maxTabsPerSocket + 2);
    socket.socket.terminate();
  });

  test('takes up as many places as it has tabs, and gives them back', async () => {
    const gateway = await start({ MAX_TABS: '4', MAX_TABS_PER_ADDRESS: '4' });
    const isFull = async () => (await refusedHandshake(gateway.publicPort, {})).status === 503;
    const socket = await open(gateway);
    for (let round = 0; round < 3; round++) {
      const tabs = await openTabs(socket, 4);
      assert.deepEqual(await socket.connect().closed, crowded);
      assert.ok(await isFull());
      await tabs[0]!.close();
      await tabs[1]!.close();
      const lone = await TestTab.open(gateway.socketUrl, {});
      tabs.push(await socket.openTab());
      assert.deepEqual(await socket.connect().closed, crowded);
      await lone.close();
      for (const tab of tabs.slice(2)) await tab.close();
    }
    await openTabs(socket, 4);
    assert.ok(await isFull());
    socket.socket.terminate();
    await until('all places', async () => (await gateway.metric('tabcast_connections')) === 0);
    const lone = await Promise.all([0, 1, 2, 3].map(() => TestTab.open(gateway.socketUrl, {})));
    assert.ok(await isFull());
    for (const tab of lone) await tab.close();
  });

  test('counts for its address as its tabs do', async () => {
    const gateway = await start({ MAX_TABS_PER_ADDRESS: '2' });
    const socket = await open(gateway);
    await openTabs(socket, 2);
    assert.deepEqual(await socket.connect().closed, crowded);
    assert.equal((await refusedHandshake(gateway.publicPort, {})).status, 429);
    assert.equal(await gateway.metric('tabcast_limits_hit_total{limit="address"}'), 2);
    socket.socket.terminate();
  });

  test('has room for its only tab again after a reload, however full it is elsewhere', async () => {
    const gateway = await start({ MAX_TABS: '1', MAX_TABS_PER_ADDRESS: '1' });
    const socket = await open(gateway);
    const tab = await socket.openTab();
    await tab.close();
    await (await socket.openTab()).close();
    socket.socket.terminate();
  });

  test('is no way around the rate of handshakes', async () => {
    const gateway = await start({ HANDSHAKE_RATE: '1', HANDSHAKE_BURST: '3' });
    const socket = await open(gateway);
    for (let count = 0; count < 3; count++) await (await socket.openTab()).close();
    assert.deepEqual(await socket.connect().closed, crowded);
    socket.socket.terminate();
  });

  test('a tab that sends too much hears of it, and is closed when it goes on; the others are not', async () => {
    const gateway = await start({ TAB_MESSAGES_PER_SECOND: '5' });
    const socket = await open(gateway);
    const [loud, quiet] = (await openTabs(socket, 2)) as [TestTab, TestTab];
    for (let sent = 0; sent < 30; sent++) loud.send('sys/ping', [], sent);
    const { details, re } = await loud.next('sys/ping:error');
    assert.deepEqual([details[0], typeof re], [429, 'number']);
    for (let sent = 0; sent < 1100; sent++) loud.send('sys/ping');
    assert.deepEqual(await loud.closed, { code: 4009, reason: 'rate-limit' });
    quiet.send('sys/ping', [], 'q');
    assert.equal((await quiet.next('sys/ping')).re, 'q');
    socket.socket.terminate();
  });

  test('that goes on sending what no tab of it sends is closed', async () => {
    const gateway = await start({ TAB_MESSAGES_PER_SECOND: '5' });
    const socket = await open(gateway);
    const [here, gone] = (await openTabs(socket, 2)) as [TestTab, TestTab];
    await gone.close();
    const late = JSON.stringify({ tab: socket.numberOf(gone), action: 'x' });
    for (let sent = 0; sent < 1100; sent++) socket.socket.send(late);
    assert.deepEqual(await here.closed, { code: 4009, reason: 'rate-limit' });
    assert.deepEqual(await socket.closed, { code: 4009, reason: 'rate-limit' });
    const told = socket.framesFor(undefined);
    assert.ok(told.every(({ action, details }) => action === 'sys/frame:error' && details[0] === 429));
  });

  test('that opens one tab after the other is told 4010 when it is too fast', async () => {
    const gateway = await start({ TAB_MESSAGES_PER_SECOND: '2' });
    const socket = await open(gateway);
    const tabs = Array.from({ length: 20 }, () => socket.connect());
    assert.deepEqual(await tabs.at(-1)!.closed, crowded);
    await tabs[0]!.welcome();
    socket.socket.terminate();
  });

  test('tabs that come and go on it leave nothing behind', async () => {
    const gateway = await start({ MAX_TABS: '8', TAB_MESSAGES_PER_SECOND: '0', TAB_BYTES_PER_SECOND: '0' });
    const socket = await open(gateway);
    const token = await tokenFor('ann', { groups: ['red'], join: ['*'] });
    const stays = await socket.openTab();
    const rounds = 200;
    for (let round = 0; round < rounds; round++) {
      const tab = await socket.openTab({ token });
      tab.send('sys/join', [`room ${round}`]);
      if (round % 2) await tab.next('sys/join');
      await tab.close();
    }
    await until('channels to be given back', async () => {
      return (await gateway.metric('tabcast_channels')) === 1;
    });
    assert.equal(await gateway.metric('tabcast_tabs'), 1);
    await gateway.send({ to: { all: true }, action: 'word' });
    await stays.next('word');
    assert.equal(socket.frames.filter(({ action }) => action === 'word').length, 1);
    socket.socket.terminate();
  });

  test('when its gateway stops, its tabs are told one time, and go together', async () => {
    const gateway = await start({ DRAIN_WINDOW: '2000' });
    const sockets = await Promise.all(Array.from({ length: 4 }, () => open(gateway)));
    const tabs = await Promise.all(sockets.map((socket) => openTabs(socket, 3)));
    const ended = gateway.kill('SIGTERM');
    for (const [index, socket] of sockets.entries()) {
      const hints = await Promise.all(tabs[index]!.map((tab) => tab.next('sys/reconnect')));
      const times = hints.map(({ details }) => (details[0] as { closesIn: number }).closesIn);
      assert.equal(new Set(times).size, 1);
      // Who comes now had better go elsewhere at once.
      if (socket.socket.readyState === socket.socket.OPEN) socket.connect();
    }
    for (const socket of sockets) {
      assert.deepEqual(await socket.closed, { code: 4000, reason: 'shutdown' });
      const told = socket.frames.filter(({ action }) => action === 'sys/reconnect');
      assert.equal(told.length, 3);
    }
    for (const tab of tabs.flat()) assert.equal((await tab.closed).code, 4000);
    await ended;
    assert.equal(await gateway.exited(), 0);
  });

  test('that has been told to go takes no more tabs', async () => {
    const gateway = await start({ DRAIN_WINDOW: '30000' });
    const socket = await open(gateway);
    const tab = await socket.openTab();
    const ended = gateway.kill('SIGTERM');
    await tab.next('sys/reconnect');
    assert.deepEqual(await socket.connect().closed, crowded);
    socket.socket.terminate();
    await ended;
  });

  for (const [reason, code, options] of [
    ['slow', 4001, { MAX_BACKPRESSURE: '262144' }],
    ['stalled', 4008, { STALL_TIMEOUT: '1000' }],
  ] as const)
    test(`that does not read is closed as ${reason}, with all its tabs`, async () => {
      const gateway = await start({ ...options, LATEST_CHANNELS: 'group' });
      const socket = await open(gateway);
      await openTabs(socket, 3, await tokenFor('ann', { groups: ['prices'] }));
      const witness = await TestTab.open(gateway.socketUrl, { token: await tokenFor('ann') });
      socket.socket.pause();
      const flood = new Flood(gateway);
      const gone = async () => (await gateway.metric(closed(reason)))! > 0;
      while (!(await gone())) await flood.send(20, code === 4001 ? { user: 'ann' } : { group: 'prices' });
      assert.equal(await gateway.metric(closed(reason)), 3);
      await gateway.send({ to: { user: 'ann' }, action: 'word' });
      await witness.next('word');
      await witness.close();
      socket.socket.terminate();
    });

  test('whose client catches up gets of the latest what is for each of its tabs', async () => {
    const gateway = await start({ LATEST_CHANNELS: 'group' });
    const socket = await open(gateway);
    const tabs = await openTabs(socket, 2, await tokenFor('ann', { groups: ['prices'] }));
    socket.socket.pause();
    const flood = new Flood(gateway);
    const conflated = () => gateway.metric('tabcast_frames_conflated_total');
    while ((await conflated()) === 0) await flood.send(20, { group: 'prices' });
    socket.socket.resume();
    for (const tab of tabs) {
      const last = () => tab.frames.filter(({ action }) => action === 'count').at(-1)?.details[0];
      await until('the latest', () => last() === flood.sent - 1);
    }
    assert.deepEqual(socket.strays, []);
    socket.socket.terminate();
  });

  test('sys/ping is answered on a socket of one’s own as well, with the id where there was one', async () => {
    const gateway = await start();
    for (const encoding of ['json', 'msgpack'] as const) {
      const tab = TestTab.connect(gateway.socketUrl, { encoding });
      tab.socket.on('open', () => tab.send('sys/ping', [], 'early'));
      assert.deepEqual(await tab.next('sys/ping'), { action: 'sys/ping', details: [], re: 'early' });
      assert.equal(tab.frames[0]!.action, 'sys/welcome');
      tab.send('sys/ping');
      assert.deepEqual(await tab.next('sys/ping'), { action: 'sys/ping', details: [] });
      tab.send('sys/open', [], 1);
      assert.equal((await tab.next('sys/open:error')).details[0], 404);
      await tab.close();
    }
  });

  test('is not what somebody gets who would rather have a socket of their own', async () => {
    const gateway = await start();
    const tab = TestTab.connect(gateway.socketUrl, {});
    await tab.welcome();
    assert.equal(tab.socket.protocol, jsonProtocol);
    await tab.close();
  });
});

describe('malformed frames on a shared socket', { timeout: 60_000 }, () => {
  let gateway: GatewayProcess;
  before(async () => {
    gateway = await GatewayProcess.start({ ANONYMOUS: 'true' });
  });
  after(() => gateway.kill());

  const hostile: [string, string | Buffer, RegExp][] = [
    ['no JSON', '{"tab":1', /expected JSON/],
    ['a binary frame', Buffer.from('{"tab":9,"action":"sys/open"}'), /text frame/],
    ['no object', '[1]', /object/],
    ['no tab', '{"action":"sys/ping"}', /^tab: /],
    ['a tab that was never opened', '{"tab":99,"action":"sys/ping"}', /^tab: .* opened/],
    ['a tab that is 0', '{"tab":0,"action":"sys/open"}', /^tab: /],
    ['a tab that is no whole number', '{"tab":1.5,"action":"sys/open"}', /^tab: /],
    ['a tab that is a text', '{"tab":"2","action":"sys/open"}', /^tab: /],
    ['a tab beyond all whole numbers', '{"tab":1e300,"action":"sys/open"}', /^tab: /],
    ['a tab that is open already', '{"tab":1,"action":"sys/open"}', /^tab: .* higher/],
    ['a new tab by another action', '{"tab":7,"action":"sys/auth","details":["x"]}', /^tab: .* opened/],
    [
      'details that nobody can write',
      `{"tab":8,"action":"sys/open","details":${'['.repeat(100)}${']'.repeat(100)}}`,
      /^details: /,
    ],
  ];
  for (const [what, text, reason] of hostile)
    test(`${what} is malformed, and three in a row are the end`, async () => {
      const socket = await SharedTestSocket.open(gateway.socketUrl);
      const tab = await socket.openTab();
      for (let times = 0; times < 2; times++) socket.socket.send(text);
      tab.send('sys/ping');
      await tab.next('sys/ping');
      for (let times = 0; times < 3; times++) socket.socket.send(text);
      assert.deepEqual(await socket.closed, { code: 4400, reason: 'malformed' });
      const errors = socket.framesFor(undefined);
      assert.equal(errors.length, 5);
      for (const { action, details } of errors) {
        assert.deepEqual([action, details[0]], ['sys/frame:error', 400]);
        assert.match(details[1] as string, reason);
      }
    });

  test('what is malformed from one tab is that tab’s own', async () => {
    const socket = await SharedTestSocket.open(gateway.socketUrl);
    const [bad, good] = [await socket.openTab(), await socket.openTab()];
    // Three would do; the rest is under way when the tab has closed.
    for (let times = 0; times < 9; times++)
      socket.socket.send(`{"tab":${socket.numberOf(bad)},"action":${times}}`);
    assert.equal((await bad.next('sys/frame:error')).details[0], 400);
    assert.deepEqual(await bad.closed, { code: 4400, reason: 'malformed' });
    good.send('sys/ping', [], 1);
    assert.equal((await good.next('sys/ping')).re, 1);
    assert.deepEqual(socket.framesFor(undefined), []);
    socket.socket.terminate();
  });
});
