import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import {
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type History,
  type Publication,
  type Published,
} from '../../src/broker/broker.js';
import { encodeOrder } from '../../src/broker/envelope.js';
import { Fanout, type FanoutParts, type Send } from '../../src/fanout/fanout.js';
import { type Encoding, ReplaceableFrame, type SharedFrame } from '../../src/fanout/frame.js';
import { Hub, type HubTab } from '../../src/fanout/hub.js';
import { Once } from '../../src/fanout/once.js';
import { Sample } from '../../src/fanout/sample.js';
import { Counters } from '../../src/metrics/counters.js';

/** A broker whose publications are handed on by the test, one by one and in any order. */
class PausedBroker implements Broker {
  readonly state = 'live';
  readonly published: Publication[] = [];
  readonly wanted = new Set<string>();
  confirm: (() => void)[] = [];
  async start(_listener: BrokerListener): Promise<void> {}
  subscribe(channel: string): Promise<void> {
    this.wanted.add(channel);
    return new Promise((resolve) => this.confirm.push(resolve));
  }
  unsubscribe(channel: string): void {
    this.wanted.delete(channel);
  }
  async publish(publication: Publication): Promise<Published> {
    this.published.push(publication);
    return { gateways: this.wanted.has(publication.channel) ? 1 : 0, position: null };
  }
  async read(): Promise<History> {
    throw new BrokerUnavailable('nothing is kept here');
  }
  async close(): Promise<void> {}
}

/** A tab that notes what reaches it, on its own or through topics. */
class NotingTab implements HubTab {
  readonly identity = null;
  readonly topics = new Set<string>();
  readonly got: unknown[] = [];
  /** What of it a later frame might have replaced. */
  readonly replaceable: unknown[] = [];
  /** The channels that frames to this tab alone have named. */
  readonly places: unknown[] = [];
  constructor(
    readonly connection: string,
    readonly encoding: Encoding = 'json',
    readonly session: string | null = null,
  ) {}
  deliver(frame: SharedFrame): void {
    const { at, details } = JSON.parse(Buffer.from(frame.json).toString());
    this.got.push(details[0]);
    if (at !== undefined) this.places.push(at);
    if (frame instanceof ReplaceableFrame) this.replaceable.push(this.got.at(-1));
  }
  subscribe(topic: string): void {
    this.topics.add(topic);
  }
  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }
}

describe('fan-out', () => {
  let broker: PausedBroker;
  let hub: Hub;
  let fanout: Fanout;
  let counters: Counters;
  let tabs: NotingTab[];
  let ordered: string[];
  let now: number;
  let sample: Sample;
  let sampled: number[];
  /** What was published, by topic. */
  let published: [string, string][];

  beforeEach(() => {
    [broker, hub, counters, tabs, now] = [new PausedBroker(), new Hub(), new Counters(), [], 0];
    [ordered, sampled, published] = [[], [], []];
    sample = new Sample(
      () => now,
      (seconds) => sampled.push(seconds),
    );
    fanout = new Fanout(parts());
  });

  function parts(): FanoutParts {
    const bus = {
      publish(topic: string, bytes: Uint8Array, binary: boolean) {
        published.push([topic, binary ? '' : Buffer.from(bytes).toString()]);
        const details = binary ? 'msgpack' : JSON.parse(Buffer.from(bytes).toString()).details[0];
        for (const tab of tabs) if (tab.topics.has(topic)) tab.got.push(details);
      },
      subscribers: (topic: string) => tabs.filter(({ topics }) => topics.has(topic)).length,
    };
    const orders = { received: (channel: string) => ordered.push(channel) };
    const none = { keepFor: () => undefined, log: { error: assert.fail } };
    return { gateway: 'gw', broker, hub, once: new Once(() => now), bus, orders, counters, sample, ...none };
  }

  async function tabIn(channels: string[], ...rest: [Encoding?, (string | null)?]): Promise<NotingTab> {
    const tab = new NotingTab(`gw-${tabs.length}`, ...rest);
    tabs.push(tab);
    hub.add(tab);
    const entered = fanout.enter(tab, channels);
    for (const confirm of broker.confirm.splice(0)) confirm();
    await entered;
    fanout.listen(tab, channels);
    return tab;
  }

  async function send(to: Send['to'], word: string, idempotencyKey?: string): Promise<Publication[]> {
    const before = broker.published.length;
    await fanout.send({ to, action: 'say', details: [word], ...(idempotencyKey && { idempotencyKey }) });
    return broker.published.slice(before);
  }

  function arrive(...publications: Publication[]): void {
    for (const { channel, bytes } of publications) fanout.received(channel, bytes, null);
  }

  test('a tab in two addressed groups gets one send once, in whatever order it arrives', async () => {
    const both = await tabIn(['group:a', 'group:b']);
    const onlyB = await tabIn(['group:b']);
    const [a, b] = await send({ groups: ['a', 'b'] }, 'x');
    arrive(b!, a!);
    arrive(...(await send({ groups: ['a', 'b'] }, 'y')));
    assert.deepEqual(both.got, ['x', 'y']);
    assert.deepEqual(onlyB.got, ['x', 'y']);
  });

  test('joining or leaving between the publications of one send neither loses nor doubles it', async () => {
    const joiner = await tabIn(['group:b']);
    const leaver = await tabIn(['group:a', 'group:b']);
    const [a, b] = await send({ groups: ['a', 'b'] }, 'x');
    arrive(a!);
    void fanout.enter(joiner, ['group:a']);
    fanout.listen(joiner, ['group:a']);
    fanout.leave(leaver, ['group:a']);
    arrive(b!);
    assert.deepEqual(joiner.got, ['x']);
    assert.deepEqual(leaver.got, ['x']);
  });

  test('a tab whose channel is not confirmed yet is not taken for reached', async () => {
    const joiner = await tabIn(['group:b']);
    await tabIn(['group:a']);
    void fanout.enter(joiner, ['group:a']);
    arrive(...(await send({ groups: ['a', 'b'] }, 'x')));
    assert.deepEqual(joiner.got, ['x']);
    assert.equal(counters.deliveries, 2);
  });

  test('one idempotency key for two different sends keeps neither from anybody', async () => {
    const tab = await tabIn(['group:a', 'group:b', 'group:c']);
    arrive(...(await send({ groups: ['a', 'b'] }, 'x', 'key')));
    arrive(...(await send({ groups: ['a', 'c'] }, 'y', 'key')));
    assert.deepEqual(tab.got, ['x', 'y']);
  });

  test('a repetition after part of a send got lost does not double it for a tab in both groups', async () => {
    const both = await tabIn(['group:a', 'group:b']);
    const [a] = await send({ groups: ['a', 'b'] }, 'x', 'key');
    const [, b] = await send({ groups: ['a', 'b'] }, 'x', 'key');
    arrive(a!, b!);
    assert.deepEqual(both.got, ['x']);
  });

  test('sends are forgotten after a while, so that their tabs can be', async () => {
    const both = await tabIn(['group:a', 'group:b']);
    const [a, b] = await send({ groups: ['a', 'b'] }, 'x');
    arrive(a!);
    now = 60_000;
    arrive(b!);
    assert.deepEqual(both.got, ['x', 'x']);
  });

  test('several users carry no list, for a tab has one user', async () => {
    const [first] = await send({ users: ['1', '2'] }, 'x');
    assert.equal(Buffer.from(first!.bytes).toString(), '{"action":"say","details":["x"]}');
  });

  test('session, except and connection reach whom they name', async () => {
    const one = await tabIn(['user:1'], 'json', 's1');
    const two = await tabIn(['user:1'], 'msgpack', 's2');
    arrive(...(await send({ user: '1', session: 's2' }, 'session')));
    arrive(...(await send({ user: '1', except: one.connection }, 'except')));
    arrive(...(await send({ connection: one.connection }, 'connection')));
    assert.deepEqual(one.got, ['connection']);
    assert.deepEqual(two.got, ['session', 'except']);
    assert.equal(counters.deliveries, 3);
  });

  test('each encoding gets one publish, and MessagePack is made only where a tab wants it', async () => {
    const json = await tabIn(['all']);
    arrive(...(await send({ all: true }, 'x')));
    const msgpack = await tabIn(['all'], 'msgpack');
    arrive(...(await send({ all: true }, 'y')));
    assert.deepEqual(json.got, ['x', 'y']);
    assert.deepEqual(msgpack.got, ['msgpack']);
    assert.equal(counters.deliveries, 3);
  });

  test('tabs on shared sockets get one frame with the channel in it, and the others nothing of that', async () => {
    const lone = await tabIn(['group:a "b"']);
    arrive(...(await send({ group: 'a "b"' }, 'before')));
    const lanes = [await tabIn(['group:a "b"'], 'shared'), await tabIn(['group:a "b"'], 'shared')];
    const [deliveries, bytes] = [counters.deliveries, counters.deliveredBytes];
    arrive(...(await send({ group: 'a "b"' }, 'x')));
    const frame = '"action":"say","details":["x"]}';
    assert.deepEqual(published.slice(1), [
      ['group:a "b"', `{${frame}`],
      ['shared group:a "b"', `{"at":["group:a \\"b\\"",null],${frame}`],
    ]);
    assert.deepEqual(
      [lone.got, lanes.map(({ got }) => got)],
      [
        ['before', 'x'],
        [['x'], ['x']],
      ],
    );
    assert.equal(counters.deliveries - deliveries, 3);
    // The fake counts every tab as a socket.
    const lengths = published.slice(1).map(([, text]) => text.length) as [number, number];
    assert.equal(counters.deliveredBytes - bytes, lengths[0] + 2 * lengths[1]);
    for (const tab of [lone, ...lanes]) fanout.leave(tab, ['group:a "b"']);
    arrive(...(await send({ group: 'a "b"' }, 'y')));
    assert.equal(published.length, 3);
  });

  test('what is for some tabs only goes to each of them on shared sockets, with the channel', async () => {
    const [one, two] = [await tabIn(['user:1'], 'shared', 's1'), await tabIn(['user:1'], 'shared', 's2')];
    arrive(...(await send({ user: '1', session: 's2' }, 'session')));
    arrive(...(await send({ user: '1', except: two.connection }, 'except')));
    arrive(...(await send({ connection: one.connection }, 'connection')));
    assert.deepEqual([one.got, two.got], [['except', 'connection'], ['session']]);
    assert.deepEqual([one.places, two.places], [[['user:1', null]], [['user:1', null]]]);
    assert.deepEqual(published, []);
  });

  test('a send to channels that may share tabs goes to each tab on shared sockets, even where all of a channel get it', async () => {
    const lone = await tabIn(['group:a']);
    const lanes = [await tabIn(['group:a', 'group:b'], 'shared'), await tabIn(['group:b'], 'shared')];
    arrive(...(await send({ groups: ['a', 'b'] }, 'x')));
    assert.deepEqual(
      [lone, ...lanes].map(({ got }) => got),
      [['x'], ['x'], ['x']],
    );
    assert.deepEqual(
      published.map(([topic]) => topic),
      ['group:a'],
    );
    assert.deepEqual(
      lanes.map(({ places }) => places),
      [[['group:a', null]], [['group:b', null]]],
    );
  });

  test('one send is timed from its beginning until the tabs have it, and the others meanwhile are not', async () => {
    const tab = await tabIn(['all', 'user:1']);
    now = 1000;
    const first = await send({ user: '1' }, 'x');
    now = 1100;
    const others = [...(await send({ user: '1' }, 'y')), ...(await send({ all: true }, 'x'))];
    now = 1250;
    arrive(...others, ...first, ...first);
    assert.deepEqual(sampled, [0.25]);
    assert.deepEqual(tab.got, ['y', 'x', 'x', 'x']);
  });

  test('the next send is timed after the next tick', async () => {
    await tabIn(['all']);
    arrive(...(await send({ all: true }, 'x')));
    arrive(...(await send({ all: true }, 'y')));
    assert.equal(sampled.length, 1);
    sample.tick();
    arrive(...(await send({ all: true }, 'z')));
    assert.equal(sampled.length, 2);
  });

  test('what nobody here listens to is not waited for, and what does not come back only for 5 s', async () => {
    await tabIn(['group:a', 'all']);
    await send({ user: 'elsewhere' }, 'x');
    await send({ group: 'a' }, 'lost');
    for (now = 0; now < 5000; now += 100) sample.tick();
    arrive(...(await send({ all: true }, 'too early')));
    assert.deepEqual(sampled, []);
    sample.tick();
    arrive(...(await send({ groups: ['elsewhere', 'a'] }, 'x')));
    assert.deepEqual(sampled, [0]);
  });

  test('the last tab of a channel lets it go, and a tab that left hears nothing', async () => {
    const one = await tabIn(['group:a']);
    const two = await tabIn(['group:a']);
    fanout.leave(one, ['group:a']);
    assert.ok(broker.wanted.has('group:a'));
    fanout.forget(two, ['group:a']);
    assert.ok(!broker.wanted.has('group:a'));
    assert.equal(hub.channels, 0);
    arrive(...(await send({ group: 'a' }, 'x')));
    assert.deepEqual(one.got, []);
  });

  test('a tab that left while its channel was being confirmed does not listen', async () => {
    const tab = new NotingTab('gw-9');
    const entering = fanout.enter(tab, ['group:a']);
    fanout.leave(tab, ['group:a']);
    for (const confirm of broker.confirm.splice(0)) confirm();
    await entering;
    fanout.listen(tab, ['group:a']);
    assert.equal(tab.topics.size, 0);
  });

  test('where only the latest counts it goes tab by tab, as a frame that may be replaced', async () => {
    hub = new Hub(['group']);
    fanout = new Fanout({ ...parts(), hub });
    const [json, msgpack] = [await tabIn(['all', 'group:a']), await tabIn(['all', 'group:a'], 'msgpack')];
    arrive(...(await send({ all: true }, 'x')), ...(await send({ group: 'a' }, 'y')));
    arrive(...(await send({ group: 'a', except: json.connection }, 'z')));
    assert.deepEqual(json.got, ['x', 'y']);
    assert.deepEqual(json.replaceable, ['y']);
    assert.deepEqual(msgpack.got, ['msgpack', 'y', 'z']);
    assert.deepEqual(msgpack.replaceable, ['y', 'z']);
    assert.equal(counters.deliveries, 5);
    const shared = await tabIn(['group:a'], 'shared');
    arrive(...(await send({ group: 'a' }, 'w')));
    assert.deepEqual([shared.replaceable, shared.places], [['w'], [['group:a', null]]]);
  });

  test('orders go to their taker and to no tab, and count as publications of their channel', async () => {
    const tab = await tabIn(['all']);
    arrive({ channel: 'all', bytes: encodeOrder({ kind: 'anything' }) });
    assert.deepEqual(ordered, ['all']);
    assert.deepEqual(tab.got, []);
    assert.deepEqual([counters.publications.all, counters.unreadableEnvelopes], [1, 0]);
  });

  test('what is no envelope of ours is counted and ignored', () => {
    for (const bytes of [[], [1], [3, 0, 0, 123], [1, 0, 9, 0x80], [1, 0, 1, 0xc0, 65]])
      arrive({ channel: 'all', bytes: Buffer.from(bytes) });
    assert.equal(counters.unreadableEnvelopes, 5);
  });
});
