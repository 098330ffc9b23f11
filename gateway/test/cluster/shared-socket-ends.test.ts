import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SharedTestSocket } from '../support/shared-socket.js';
import { grace, SharingTabs } from '../support/sharing-tabs.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

describe('tabs that share a socket are let in and closed one by one', { timeout: 60_000 }, () => {
  const world = new SharingTabs();
  const { gateways } = world;

  async function post(path: string, body: object): Promise<void> {
    const answer = await gateways[1]!.api(path, { method: 'POST', body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.clone().text());
  }

  test('one whose token expires is told and closed, and the others stay', async () => {
    const user = world.newUser();
    const [short, long] = [await world.open(user, { expiresIn: 1 }), await world.open(user)];
    const [{ closesIn }] = (await short.next('sys/expired')).details as [{ closesIn: number }];
    assert.ok(closesIn <= grace);
    assert.deepEqual(await short.closed, { code: 4002, reason: 'token-expired' });
    await world.expectAlive(long);
    await long.close();
  });

  test('one whose token is refused is told why and closed', async () => {
    const tab = world.socket.connect({ token: 'nonsense' });
    const refusal = await tab.next('sys/auth:error');
    assert.equal(refusal.details[0], 401);
    assert.deepEqual(await tab.closed, { code: 4401, reason: 'token-refused' });
  });

  test('one that brings no token may do so by a frame, and is closed when it does not in time', async () => {
    const [late, never] = [world.socket.connect(), world.socket.connect()];
    late.send('sys/auth', [await tokenFor(world.newUser())]);
    await late.welcome();
    assert.deepEqual(await never.closed, { code: 4408, reason: 'auth-timeout' });
    await world.expectAlive(late);
    await late.close();
  });

  test('the application closes the tabs of a user, of a session, or one', async () => {
    const user = world.newUser();
    const sessions = ['home', 'work', 'work', undefined];
    const tabs: TestTab[] = [];
    for (const session of sessions)
      tabs.push(await world.open(user, session === undefined ? {} : { session }));
    await post('/v1/disconnect', { user, session: 'home', reconnect: true });
    assert.deepEqual(await tabs[0]!.closed, { code: 4007, reason: 'disconnected' });
    await post('/v1/disconnect', { connection: tabs[1]!.connection, code: 4321 });
    assert.deepEqual(await tabs[1]!.closed, { code: 4321, reason: 'application' });
    for (const tab of tabs.slice(2)) await world.expectAlive(tab);
    await post('/v1/disconnect', { user });
    for (const tab of tabs.slice(2)) assert.deepEqual(await tab.closed, { code: 4407, reason: 'dismissed' });
  });

  test('one whose session is revoked is closed', async () => {
    const user = world.newUser();
    const tabs = [await world.open(user, { session: 'stolen' }), await world.open(user, { session: 'own' })];
    await post('/v1/revoke', { user, session: 'stolen' });
    assert.deepEqual(await tabs[0]!.closed, { code: 4403, reason: 'revoked' });
    await world.expectAlive(tabs[1]!);
    await tabs[1]!.close();
  });

  test('each takes a seat of its user, and the oldest has to go', async () => {
    const user = world.newUser();
    const tabs: TestTab[] = [];
    for (let count = 0; count < 4; count++) tabs.push(await world.open(user));
    const elsewhere = await TestTab.open(gateways[1]!.socketUrl, { token: await tokenFor(user) });
    assert.deepEqual(await tabs[0]!.closed, { code: 4410, reason: 'replaced' });
    tabs.push(await world.open(user));
    assert.deepEqual(await tabs[1]!.closed, { code: 4410, reason: 'replaced' });
    for (const tab of [...tabs.slice(2), elsewhere]) {
      await world.expectAlive(tab);
      await tab.close();
    }
  });

  test('of one that has closed nothing comes any more, and what it sends is ignored', async () => {
    const user = world.newUser();
    const [gone, here] = [await world.open(user), await world.open(user)];
    const number = world.socket.numberOf(gone);
    await gone.close();
    for (const text of ['{"action":"echo","details":[1],"id":1}', '{"action":3}'])
      for (let times = 0; times < 3; times++)
        world.socket.socket.send(JSON.stringify({ ...JSON.parse(text), tab: number }));
    await world.send({ user, except: here.connection }, 'for the one that has gone');
    await world.expectAlive(here);
    assert.equal(world.socket.framesFor(number).at(-1)!.action, 'sys/welcome');
    assert.deepEqual(
      world.socket.framesFor(undefined).filter(({ at }) => at === undefined),
      [],
    );
    await here.close();
  });

  test('when the socket goes, all of them do', async () => {
    const other = await SharedTestSocket.open(gateways[0]!.socketUrl);
    const before = await gateways[0]!.metric('tabcast_tabs_closed_total{reason="lost"}');
    const token = await tokenFor(world.newUser());
    for (let count = 0; count < 3; count++) await other.openTab({ token });
    other.socket.terminate();
    await until('three tabs to be lost', async () => {
      return (await gateways[0]!.metric('tabcast_tabs_closed_total{reason="lost"}')) === before! + 3;
    });
  });

  test('a socket without a tab is closed, at first and later', async () => {
    const [never, later] = await Promise.all([0, 1].map(() => SharedTestSocket.open(gateways[0]!.socketUrl)));
    const tab = await later!.openTab({ token: await tokenFor(world.newUser()) });
    assert.deepEqual(await never!.closed, { code: 4408, reason: 'auth-timeout' });
    await world.expectAlive(tab);
    await tab.close();
    assert.deepEqual(await later!.closed, { code: 4408, reason: 'auth-timeout' });
  });

  test('cookies and tokens of the handshake prove nobody', async () => {
    const token = await tokenFor(world.newUser());
    const other = await SharedTestSocket.open(gateways[0]!.socketUrl, {
      authorization: `Bearer ${token}`,
      cookie: `token=${token}`,
    });
    assert.equal(other.socket.protocol, 'tabcast.v1.shared');
    const tab = other.connect();
    assert.deepEqual(await tab.closed, { code: 4408, reason: 'auth-timeout' });
    other.socket.terminate();
    await other.closed;
    const foreign = SharedTestSocket.open(gateways[0]!.socketUrl, { origin: 'https://evil.example' });
    await assert.rejects(foreign, /403/);
  });
});
