import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { closeCodes, type Frame, maxTabsPerSocket, type Welcome } from '@tabcast/shared';
import fc from 'fast-check';
import type { Identity } from '../../src/auth/identity.js';
import { noBackend } from '../../src/backend/none.js';
import type { Broker } from '../../src/broker/broker.js';
import { Fanout } from '../../src/fanout/fanout.js';
import { SharedFrame } from '../../src/fanout/frame.js';
import { Hub } from '../../src/fanout/hub.js';
import { Once } from '../../src/fanout/once.js';
import { Counters } from '../../src/metrics/counters.js';
import type { CloseNumber, Connection } from '../../src/tab/connection.js';
import { Deadlines } from '../../src/tab/deadlines.js';
import { RateLimits } from '../../src/tab/rate-limits.js';
import type { TabRules } from '../../src/tab/rules.js';
import { SharedSocket } from '../../src/tab/shared-socket.js';
import { Tab } from '../../src/tab/tab.js';

/** Everything that is under way has been done, as far as nobody is waited for. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A token is the user whom it proves, and the groups. */
function verify(token: string) {
  const [user, ...groups] = token.split(' ') as [string, ...string[]];
  const identity: Identity = {
    ...{ user, session: null, groups, join: ['*'] },
    ...{ expires: null, issued: null, tokenId: null },
  };
  return Promise.resolve({ identity });
}

describe('a shared socket', () => {
  let frames: Frame[];
  let topics: Set<string>;
  let closed: number | undefined;
  let counters: Counters;
  let hub: Hub;
  let deadlines: Deadlines;
  let now: number;
  /** Places besides that of the handshake, and how many there are at the most. */
  let places: { taken: number; limit: number };
  let shared: SharedSocket;
  let rules: TabRules;

  function begin(withoutToken?: null): void {
    [frames, topics, closed, now] = [[], new Set(), undefined, 1000];
    [counters, hub, deadlines] = [new Counters(), new Hub(), new Deadlines(() => now)];
    places = { taken: 0, limit: Number.POSITIVE_INFINITY };
    rules = rulesOf();
    const socket = connection();
    let connections = 0;
    shared = new SharedSocket(socket, {
      ...{ rules, withoutToken, newTab: (lane) => new Tab(`gw-${++connections}`, lane, rules) },
      room: {
        enter: () => places.taken < places.limit && ++places.taken > 0,
        leave: () => void places.taken--,
        succeed: () => true,
      },
    });
  }
  beforeEach(() => begin());

  function connection(): Connection {
    return {
      ...{ encoding: 'shared', waiting: 0 },
      write: (frame) => void frames.push(JSON.parse(frame.toString())),
      together: (write) => write(),
      subscribe: (topic) => void topics.add(topic),
      unsubscribe: (topic) => void topics.delete(topic),
      close: (code: CloseNumber) => {
        closed ??= code;
        shared.gone({ code, reason: 'shutdown' });
      },
    };
  }

  function rulesOf(): TabRules {
    const broker = { subscribe: async () => {}, unsubscribe: () => {} } as unknown as Broker;
    const once = new Once(() => 0);
    const rates = { messages: 0, bytes: 0, joins: 0 };
    return {
      ...{ gateway: 'gw', hub, counters, deadlines, backend: noBackend, now: () => now, authTimeout: 5000 },
      fanout: new Fanout({ gateway: 'gw', broker, hub, once, counters, keepFor: () => undefined } as never),
      memberships: { of: async () => [] },
      ...{ verifier: { verify }, slowTabs: { forget: () => {}, left: () => {}, drained: () => {} } },
      seats: { take: async () => true, leave: () => {} },
      revoker: { covers: () => false },
      rateLimits: new RateLimits({ rates, maxGroups: 100, limitsDryRun: false, counters, now: () => now }),
      log: { warn: () => assert.fail('warned'), error: ({ err }: { err: Error }) => assert.fail(err) },
    } as unknown as TabRules;
  }

  const say = (frame: object) => shared.receive(JSON.stringify(frame), 1);
  const open = (tab: number, ...details: string[]) => say({ tab, action: 'sys/open', details });
  const told = (tab: number | undefined) => frames.filter((frame) => frame.tab === tab);
  const actions = (tab: number | undefined) => told(tab).map(({ action }) => action);
  const closeOf = (tab: number) => told(tab).find(({ action }) => action === 'sys/close')?.details;

  test('opens a tab for each number, and answers each with its number', async () => {
    open(1, 'ann');
    open(5, 'bob');
    await settled();
    say({ tab: 5, action: 'sys/ping', id: 'x' });
    say({ tab: 1, action: 'nothing' });
    assert.deepEqual(actions(1), ['sys/welcome', 'nothing:error']);
    assert.deepEqual(actions(5), ['sys/welcome', 'sys/ping']);
    assert.deepEqual(frames.length, 4);
    assert.equal(hub.size, 2);
  });

  test('puts the number before the members of a frame, and leaves these as they are', async () => {
    open(1, 'ann');
    await settled();
    const text = '{"action":"ü","details":[1.0,"🗼"],"x":1}';
    hub.tab('gw-1')!.deliver(new SharedFrame(Buffer.from(text)));
    assert.deepEqual(frames.at(-1), { tab: 1, ...JSON.parse(text) });
  });

  test('is subscribed to a topic as long as one of its tabs is', async () => {
    open(1, 'ann red');
    open(2, 'ann red');
    await settled();
    say({ tab: 1, action: 'sys/leave', details: ['red'] });
    say({ tab: 1, action: 'sys/leave', details: ['red'] });
    assert.ok(topics.has('shared group:red'));
    say({ tab: 2, action: 'sys/close' });
    assert.deepEqual([...topics].sort(), ['shared all', 'shared registered', 'shared user:ann']);
    say({ tab: 1, action: 'sys/close' });
    assert.deepEqual([topics.size, hub.size, hub.channels], [0, 0, 0]);
  });

  test('a code that is about the connection closes it with all tabs, any other one tab', async () => {
    for (const code of Object.keys(closeCodes).map(Number) as CloseNumber[]) {
      begin();
      open(1, 'ann');
      open(2, 'ann');
      await settled();
      (hub.tab('gw-1') as Tab).socket.close(code);
      if ([4000, 4001, 4005, 4006, 4008].includes(code))
        assert.deepEqual([closed, hub.size, topics.size], [code, 0, 0]);
      else {
        assert.deepEqual([closed, hub.size], [undefined, 1]);
        assert.deepEqual(closeOf(1), [code, closeCodes[code as keyof typeof closeCodes].name]);
      }
    }
  });

  test('tells the application with which code a client has closed a tab', async () => {
    const codes = [1000, 3000, 4999, 1001, 2999, 5000, 3000.5, '1000', undefined];
    const seen: number[] = [];
    const backend = {
      ...noBackend,
      disconnected: (_: unknown, { code }: { code: number }) => seen.push(code),
    };
    Object.assign(rules, { backend });
    for (const [index, code] of codes.entries()) {
      open(index + 1, 'ann');
      await settled();
      say({ tab: index + 1, action: 'sys/close', details: code === undefined ? [] : [code] });
    }
    assert.deepEqual(seen, [1000, 3000, 4999, 1005, 1005, 1005, 1005, 1005, 1005]);
    assert.equal(counters.tabsClosed.client, codes.length);
  });

  test('a tab without a token is anonymous, or proves itself', async () => {
    open(1);
    await settled();
    assert.equal(frames.length, 0);
    say({ tab: 1, action: 'sys/auth', details: ['ann'] });
    await settled();
    assert.equal((told(1)[0]!.details[0] as Welcome).user, 'ann');
    begin(null);
    open(1);
    await settled();
    assert.equal((told(1)[0]!.details[0] as Welcome).user, null);
  });

  test('waits for a tab for so long, and again after the last one', async () => {
    const wait = (seconds: number) => {
      for (const end = now + seconds * 1000; now < end; deadlines.tick()) now += 500;
    };
    wait(4);
    open(1, 'ann');
    await settled();
    wait(60);
    say({ tab: 1, action: 'sys/close' });
    wait(4);
    assert.equal(closed, undefined);
    wait(3);
    assert.equal(closed, 4408);
  });

  test('takes no more tabs than it may, and none once it has told those that it will be closed', async () => {
    for (let number = 1; number <= maxTabsPerSocket + 1; number++) open(number, 'ann');
    await settled();
    assert.deepEqual(closeOf(maxTabsPerSocket + 1), [4010, 'crowded']);
    assert.equal(hub.size, maxTabsPerSocket);
    say({ tab: 1, action: 'sys/close' });
    shared.send({ action: 'sys/reconnect', details: [{ closesIn: 1 }] });
    assert.equal(actions(undefined).length, 0);
    assert.equal(actions(2).at(-1), 'sys/reconnect');
    open(100, 'ann');
    assert.deepEqual(actions(100), ['sys/close']);
    assert.equal(shared.tabCount, maxTabsPerSocket - 1);
  });

  test('is as idle as the last of its tabs', async () => {
    open(1, 'ann');
    open(2, 'ann');
    await settled();
    now += 5000;
    say({ tab: 1, action: 'x' });
    assert.deepEqual([shared.heard, shared.since], [now, 1000]);
    now += 5000;
    say({ tab: 1, action: 'sys/ping' });
    assert.equal(shared.heard, now - 5000);
  });

  test('who comes after the last tab takes its place, also where there is no other', async () => {
    places.limit = 0;
    open(1, 'ann');
    await settled();
    say({ tab: 1, action: 'sys/close' });
    open(2, 'ann');
    await settled();
    assert.deepEqual(actions(2), ['sys/welcome']);
    assert.equal(places.taken, 0);
  });

  test('whatever happens, it holds as many places and topics as its tabs need', async () => {
    const step = fc.record({
      kind: fc.constantFrom('open', 'close', 'join', 'leave', 'expire', 'settle'),
      which: fc.nat(10),
      group: fc.constantFrom('red', 'blue'),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(5), async (steps, limit) => {
      begin();
      places.limit = limit;
      let highest = 0;
      for (const { kind, which, group } of steps) {
        const here = [...hub.tabs()] as Tab[];
        const lane = here[which % Math.max(1, here.length)]?.socket as { number: number } | undefined;
        if (kind === 'open') open(++highest, which % 3 ? 'ann red' : 'bob');
        else if (kind === 'settle') await settled();
        else if (lane === undefined) continue;
        else if (kind === 'expire') here[which % here.length]!.socket.close(4002);
        else say({ tab: lane.number, action: `sys/${kind}`, details: kind === 'close' ? [] : [group] });
        assert.equal(places.taken, Math.max(0, hub.size - 1));
        assert.equal(shared.tabCount, hub.size);
      }
      await settled();
      const wanted = ([...hub.tabs()] as Tab[]).flatMap((tab) => tab.channels());
      assert.deepEqual([...topics].sort(), [...new Set(wanted)].map((name) => `shared ${name}`).sort());
      const { tabsOpened, tabsClosed } = counters;
      assert.equal(tabsOpened - Object.values(tabsClosed).reduce((a, b) => a + b), hub.size);
      shared.gone({ code: 1006, reason: 'lost' });
      assert.deepEqual([places.taken, hub.size, hub.channels, topics.size], [0, 0, 0, 0]);
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
