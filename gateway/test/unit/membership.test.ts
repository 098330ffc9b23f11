import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Frame } from '@tabcast/shared';
import type { Identity } from '../../src/auth/identity.js';
import { noBackend } from '../../src/backend/none.js';
import type { Broker, HistoryEntry, HistoryRequest } from '../../src/broker/broker.js';
import { encodeEnvelope, encodeOrder } from '../../src/broker/envelope.js';
import type { Order } from '../../src/cluster/order.js';
import { Orders } from '../../src/cluster/orders.js';
import { Questions } from '../../src/cluster/questions.js';
import { Fanout } from '../../src/fanout/fanout.js';
import { Hub } from '../../src/fanout/hub.js';
import type { HubTab } from '../../src/fanout/members.js';
import { Once } from '../../src/fanout/once.js';
import { Counters } from '../../src/metrics/counters.js';
import type { Connection } from '../../src/tab/connection.js';
import { Deadlines } from '../../src/tab/deadlines.js';
import { start } from '../../src/tab/dispatch.js';
import { obey } from '../../src/tab/obey.js';
import type { TabRules } from '../../src/tab/rules.js';
import { Tab } from '../../src/tab/tab.js';

const ann: Identity = {
  ...{ user: 'ann', session: null, groups: ['own'], join: [] },
  ...{ expires: null, issued: null, tokenId: null },
};

/** Everything that is under way has been done, as far as nobody is waited for. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('memberships of a tab', () => {
  let frames: Frame[];
  let topics: Set<string>;
  let orders: Orders;
  /** Lets the registry answer. */
  let found: (groups: string[]) => void;
  let looked: number;
  let warnings: number;
  let maxGroups: number;
  /** What every group keeps; undefined for nothing. */
  let kept: HistoryEntry[] | undefined;
  let tab: Tab;

  beforeEach(() => {
    [frames, topics, looked, warnings, maxGroups] = [[], new Set(), 0, 0, 10];
    kept = undefined;
    const counters = new Counters();
    const broker = {
      read: async ({ limit }: HistoryRequest) => ({
        position: '1-2',
        entries: limit === 0 ? [] : kept!,
        complete: true,
      }),
      subscribe: async () => {},
      unsubscribe: () => {},
      publish: async () => ({ gateways: 0, position: null }),
    } as unknown as Broker;
    orders = new Orders(broker, counters);
    const hub = new Hub([]);
    obey(orders, new Questions(orders, 'gw', counters), hub);
    const bus = { publish: () => {} };
    const once = new Once(() => 0);
    const keepFor = (kind: string) => (kind === 'group' && kept ? { size: 1, age: 1 } : undefined);
    const rules = {
      ...{ gateway: 'gw', hub, counters, backend: noBackend, now: () => 1 },
      fanout: new Fanout({ gateway: 'gw', broker, hub, once, bus, orders, counters, keepFor } as never),
      memberships: {
        of: () => {
          looked++;
          return new Promise<string[]>((resolve) => {
            found = resolve;
          });
        },
      },
      ...{ deadlines: new Deadlines(() => 0), slowTabs: { forget: () => {}, left: () => {} } },
      seats: { take: async () => true, leave: () => {} },
      revoker: { covers: () => false },
      rateLimits: { tooManyGroups: (count: number) => (count > maxGroups ? 'too many' : undefined) },
      log: { warn: () => warnings++, error: assert.fail },
    } as unknown as TabRules;
    const socket: Connection = {
      ...{ encoding: 'json', waiting: 0 },
      write: (frame) => void frames.push(JSON.parse(frame.toString())),
      together: (write) => write(),
      subscribe: (topic) => void topics.add(topic),
      unsubscribe: (topic) => void topics.delete(topic),
      close: () => {},
    };
    tab = new Tab('gw-1', socket, rules);
  });

  const order = (given: Order) => orders.received('user:ann', encodeOrder(given));
  const put = (group: string) => order({ kind: 'put', group });
  const remove = (group: string) => order({ kind: 'remove', group });
  const story = () =>
    frames.map(({ action, details }) =>
      action === 'sys/welcome' ? (details[0] as { groups: string[] }).groups : [action, details[0]],
    );
  const groupTopics = () => [...topics].filter((topic) => topic.startsWith('group:')).sort();

  test('the welcome waits for the registry and names what it has found', async () => {
    start(tab, ann);
    await settled();
    assert.deepEqual([looked, frames.length], [1, 0]);
    found(['red', 'own']);
    await settled();
    assert.deepEqual(story(), [['own', 'red']]);
    assert.deepEqual(groupTopics(), ['group:own', 'group:red']);
  });

  test('an anonymous tab is in no groups, and nobody is asked', async () => {
    start(tab, null);
    await settled();
    assert.deepEqual([looked, story()], [0, [[]]]);
  });

  test('what is ordered meanwhile is told after the welcome, and newer than what was found', async () => {
    start(tab, ann);
    await settled();
    remove('red');
    put('blue');
    put('green');
    remove('green');
    assert.deepEqual(frames, []);
    found(['red', 'green']);
    await settled();
    assert.deepEqual(story(), [
      ['own', 'red', 'green'],
      ['sys/leave', 'red'],
      ['sys/leave', 'green'],
      ['sys/join', 'blue'],
    ]);
    assert.deepEqual(groupTopics(), ['group:blue', 'group:own']);
  });

  test('a group that is taken away meanwhile is not resumed', async () => {
    kept = [
      { position: '1-2', bytes: encodeEnvelope(Buffer.from('{"action":"missed","details":[]}'), undefined) },
    ];
    const { hub } = tab.rules;
    hub.enter('group:red', { connection: 'another' } as HubTab);
    tab.resumeFrom = { 'group:own': '1-1', 'group:red': '1-1' };
    start(tab, ann);
    await settled();
    remove('red');
    found(['red']);
    await settled();
    assert.deepEqual(frames.map(({ action, at, details }) => [action, at?.[0] ?? details[0]]).slice(1), [
      ['sys/leave', 'red'],
      ['missed', 'group:own'],
    ]);
    assert.deepEqual(groupTopics(), ['group:own']);
    assert.equal(hub.members('group:red')!.following, undefined);
  });

  test('a tab that goes meanwhile leaves nothing behind', async () => {
    start(tab, ann);
    await settled();
    put('blue');
    tab.gone({ code: 1006, reason: 'lost' });
    found(['red']);
    await settled();
    assert.deepEqual([frames, tab.rules.hub.channels], [[], 0]);
  });

  test('a tab in as many groups as it may is put into no other, which is logged', async () => {
    maxGroups = 2;
    start(tab, ann);
    await settled();
    found(['red', 'blue']);
    await settled();
    put('green');
    await settled();
    assert.deepEqual(story(), [['own', 'red']]);
    assert.equal(warnings, 2);
    remove('own');
    put('green');
    await settled();
    assert.deepEqual(groupTopics(), ['group:green', 'group:red']);
  });
});
