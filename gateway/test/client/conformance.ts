import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ErrorCallback, State, StateInfo, Welcome } from '@tabcast/client';
import { GatewayProcess } from '../support/gateway.js';
import { tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** What the suite asks of a tab: everything but `onGap`, which there is nothing for yet. */
export interface Tab {
  readonly state: State;
  readonly welcome: Welcome | undefined;
  on(action: string, success?: (...details: unknown[]) => void, error?: ErrorCallback): Tab;
  once(action: string, success?: (...details: unknown[]) => void, error?: ErrorCallback): Tab;
  off(action: string, success?: (...details: unknown[]) => void): Tab;
  send(action: string, details?: unknown): Tab;
  request(action: string, details?: unknown, options?: { timeout?: number }): Promise<unknown>;
  join(group: string): Promise<void>;
  leave(group: string): Promise<void>;
  onState(listener: (state: State, info: StateInfo) => void): () => void;
  close(): void;
}

/** Begins to connect, without waiting for the welcome. */
export type Connect = (url: string, token: string) => Tab | Promise<Tab>;

const application = fileURLToPath(new URL('../support/application.js', import.meta.url));

/**
 * The tests of what every way to connect promises in the same words, against a real gateway with the application of the tests.
 * @param options of the gateway
 */
export function conformance(connect: Connect, options: () => Record<string, string> = () => ({})): void {
  let gateway: GatewayProcess;
  let user: string;
  let tests = 0;
  const opened: Tab[] = [];

  before(async () => {
    gateway = await GatewayProcess.start({ HANDLERS: application, ...options() });
  });
  beforeEach(() => {
    user = `user ${++tests}`;
  });
  after(async () => {
    for (const tabs of opened) tabs.close();
    await gateway.kill('SIGTERM');
  });

  async function connectAs(who: string): Promise<Tab> {
    const token = await tokenFor(who, { session: 'home', groups: ['staff'], join: ['room/*'] });
    const tabs = await connect(gateway.socketUrl, token);
    opened.push(tabs);
    return tabs;
  }

  async function open(): Promise<Tab> {
    const tabs = await connectAs(user);
    await state(tabs, 'open');
    return tabs;
  }

  /** Sends from the backend, once a tab has everything in place that the test has asked it for. */
  async function send(tabs: Tab, to: object, action: string, ...details: unknown[]): Promise<void> {
    await tabs.request('echo');
    const { status } = await gateway.send({ to, action, details });
    assert.equal(status, 200);
  }

  test('the welcome says who and where the tab is', async () => {
    const tabs = await connectAs(user);
    assert.equal(tabs.welcome, undefined);
    await state(tabs, 'open');
    const { connection, expires, ...welcome } = tabs.welcome!;
    assert.deepEqual(welcome, { gateway: gateway.id, user, session: 'home', groups: ['staff'] });
    assert.ok(connection.startsWith(gateway.id));
    assert.ok(expires! > Date.now());
  });

  test('details are spread over the arguments, as they were sent', async () => {
    const tabs = await open();
    const got = heard(tabs, 'order/shipped');
    const details = [{ order: 1234, to: ['Grüße 🙂', null, -2.5, true, 2 ** 40] }, 'second'];
    await send(tabs, { user }, 'order/shipped', ...details);
    await until('the send', () => got.length > 0);
    assert.deepEqual(got, [details]);
  });

  test('an error goes to the error callback of its action, and nowhere else', async () => {
    const tabs = await open();
    const wrong: unknown[] = [];
    const errors: unknown[] = [];
    tabs.on(
      'refuse',
      (...details) => wrong.push(details),
      (...error) => errors.push(error),
    );
    tabs.on('echo', undefined, (...error) => wrong.push(error));
    tabs.send('refuse', [422, 'not like this']);
    await until('the error', () => errors.length > 0);
    assert.deepEqual({ errors, wrong }, { errors: [[422, 'not like this']], wrong: [] });
  });

  test('once is called once, off ends one callback or all of an action', async () => {
    const tabs = await open();
    const got: string[] = [];
    const first = () => got.push('first');
    tabs
      .once('tick', () => got.push('once'))
      .on('tick', first)
      .on('tick', () => got.push('second'));
    const ticks = heard(tabs, 'tock');
    const tick = async () => {
      const before = ticks.length;
      await send(tabs, { user }, 'tick');
      await send(tabs, { user }, 'tock');
      await until('the tock', () => ticks.length > before);
    };
    await tick();
    tabs.off('tick', first);
    await tick();
    tabs.off('tick');
    await tick();
    assert.deepEqual(got, ['once', 'first', 'second', 'second']);
  });

  test('what is sent before the tab is open arrives, in order', async () => {
    const tabs = await connectAs(user);
    const got = heard(tabs, 'echo');
    tabs
      .send('echo', [1, 'one'])
      .send('echo', { two: 2 })
      .send('echo')
      .send('echo', [[4]]);
    await until('every echo', () => got.length === 4);
    assert.deepEqual(got, [[1, 'one'], [{ two: 2 }], [], [[4]]]);
  });

  test('a request resolves with the first argument of its own reply', async () => {
    const tabs = await open();
    const asked = ['a', 'b', 'c'].map((details) => tabs.request('echo', [details, 'more']));
    assert.deepEqual(await Promise.all(asked), ['a', 'b', 'c']);
  });

  test('a request rejects with what was answered, or with 408 when nothing was in time', async () => {
    const tabs = await open();
    const refused = { name: 'TabcastError', action: 'refuse', code: 418, message: 'a teapot' };
    await assert.rejects(tabs.request('refuse', [418, 'a teapot']), refused);
    await assert.rejects(tabs.request('nothing/handles/this'), { name: 'TabcastError', code: 404 });
    await assert.rejects(tabs.request('wait', [], { timeout: 50 }), { action: 'wait', code: 408 });
  });

  test('a joined group is heard until it is left; what the token does not permit is refused', async () => {
    const tabs = await open();
    const got = heard(tabs, 'said');
    await tabs.join('room/7');
    await send(tabs, { group: 'room/7' }, 'said', 'inside');
    await until('the send', () => got.length === 1);
    await tabs.leave('room/7');
    await send(tabs, { group: 'room/7' }, 'said', 'outside');
    await send(tabs, { group: 'staff' }, 'said', 'at work');
    await until('the last send', () => got.length === 2);
    assert.deepEqual(got, [['inside'], ['at work']]);
    await assert.rejects(tabs.join('vault'), { code: 403 });
  });

  test('a connection that is lost comes back by itself, in its groups, with what was sent meanwhile', async () => {
    const tabs = await open();
    const states: State[] = [];
    tabs.onState((next) => states.push(next));
    const [said, echoes] = [heard(tabs, 'said'), heard(tabs, 'echo')];
    await tabs.join('room/7');
    const { connection } = tabs.welcome!;
    tabs.onState((next) => next === 'waiting' && tabs.send('echo', 'sent meanwhile'));
    const body = JSON.stringify({ connection, reconnect: true });
    await gateway.api('/v1/disconnect', { method: 'POST', body });
    await until('the echo', () => echoes.length > 0);
    assert.notEqual(tabs.welcome!.connection, connection);
    await send(tabs, { group: 'room/7' }, 'said', 'still here');
    await until('the send', () => said.length > 0);
    assert.deepEqual(said, [['still here']]);
    assert.deepEqual(states, ['waiting', 'connecting', 'open']);
  });

  test('a close for good is final, and says why', async () => {
    const tabs = await open();
    const closed = new Promise((resolve) => tabs.onState((next, info) => resolve({ next, ...info })));
    const body = JSON.stringify({ user, code: 4900 });
    await gateway.api('/v1/disconnect', { method: 'POST', body });
    assert.deepEqual(await closed, { next: 'closed', code: 4900, reason: 'application' });
    assert.equal(tabs.welcome, undefined);
    await assert.rejects(tabs.request('echo'), { code: 499 });
  });

  test('close ends it, at the gateway too', async () => {
    const tabs = await open();
    const { connection } = tabs.welcome!;
    tabs.close();
    await state(tabs, 'closed');
    await until('the tab to be gone', async () => {
      const answer = await gateway.api(`/v1/users/${user}`);
      const { connections } = (await answer.json()) as { connections: { connection: string }[] };
      return connections.every((one) => one.connection !== connection);
    });
  });
}

/** Everything that comes for an action from now on. */
function heard(tabs: Tab, action: string): unknown[][] {
  const got: unknown[][] = [];
  tabs.on(action, (...details) => got.push(details));
  return got;
}

function state(tabs: Tab, wanted: State): Promise<unknown> {
  return until(`the state ${wanted}`, () => tabs.state === wanted);
}
