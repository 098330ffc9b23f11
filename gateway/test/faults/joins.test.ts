import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { groupChannel } from '@tabcast/shared';
import { type Cable, layCable } from '../support/cable.js';
import { eventsOf } from '../support/events.js';
import { keepEvidence } from '../support/evidence.js';
import { GatewayProcess } from '../support/gateway.js';
import { faultsIn, type Sent } from '../support/ledger.js';
import { faultSeed } from '../support/ordeal.js';
import { Random } from '../support/random.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

const groups = ['red', 'green', 'blue'];

/** How long everything takes between one gateway and Redis, in ms and in either direction. */
const delay = 100;

/** Pauses between what the tabs do, in ms. */
const pauses = [0, 1, 20, 50, 150, 250];

/** How long a gateway stays subscribed after the last tab has left, in ms. */
const linger = 1000;

/** A tab that joins and leaves, and is loaded anew at times. */
class Flapper {
  readonly gateway: GatewayProcess;
  readonly #user: string;
  readonly wanted = new Set<string>();
  /** One after the other; the last is the present one. */
  readonly connections: TestTab[] = [];
  #asked = 0;

  constructor(gateway: GatewayProcess, user: string) {
    this.gateway = gateway;
    this.#user = user;
  }

  get tab(): TestTab {
    return this.connections.at(-1)!;
  }

  async load(): Promise<void> {
    const token = await tokenFor(this.#user, { groups: [...this.wanted], join: groups });
    this.connections.at(-1)?.socket.terminate();
    this.connections.push(await TestTab.open(this.gateway.socketUrl, { token }));
    this.#asked = 0;
  }

  /** Joins a group, or leaves it. */
  flip(group: string): void {
    const joins = !this.wanted.delete(group);
    if (joins) this.wanted.add(group);
    this.tab.send(joins ? 'sys/join' : 'sys/leave', [group], ++this.#asked);
  }

  /** Whether it has got an answer to everything that it has asked. */
  get answered(): boolean {
    return this.tab.frames.filter(({ re }) => re !== undefined).length === this.#asked;
  }

  /** What it heard of a group. */
  heardOf(group: string): { tab: string; events: ReturnType<typeof eventsOf> } {
    const frames = this.tab.frames.filter(
      ({ action, at, details }) =>
        action === 'sys/welcome' ||
        (action === 'sys/join' && details[0] === group) ||
        at?.[0] === groupChannel(group),
    );
    return { tab: this.#user, events: eventsOf(frames) };
  }
}

describe('F29: groups entered and left at once, by tabs of a gateway that is far from Redis', {
  timeout: 120_000,
}, () => {
  let redis: RedisServer;
  let cable: Cable;
  let far: GatewayProcess;
  let near: GatewayProcess;
  let flappers: Flapper[];

  before(async () => {
    redis = await startRedis();
    cable = await layCable(redis.port);
    const options = { TAB_JOINS_PER_SECOND: '0', TAB_MESSAGES_PER_SECOND: '0' };
    far = await GatewayProcess.start({ ...options, REDIS_URL: `redis://127.0.0.1:${cable.port}` });
    near = await GatewayProcess.start({ ...options, REDIS_URL: redis.url });
    flappers = [far, far, far, near].map((gateway, index) => new Flapper(gateway, `user ${index}`));
    for (const flapper of flappers) await flapper.load();
  });
  after(async () => {
    for (const { tab } of flappers) tab.socket.terminate();
    for (const gateway of [far, near]) await gateway.kill();
    await cable.close();
    await redis.close();
  });

  test('in the end whoever is in a group gets everything, in order and without a gap', async (t) => {
    const seed = faultSeed();
    t.diagnostic(`FAULT_SEED=${seed}`);
    const witness = { gateways: [far, near], tabs: flappers, traffic: { sends: [] } };
    t.after(() => keepEvidence(t, witness, [`FAULT_SEED=${seed}`]));
    const stop = new AbortController();
    const noise = makeNoise(stop.signal);
    cable.delay(delay);
    await flap(new Random(seed));
    await until('all to be answered', () => flappers.every(({ answered }) => answered));
    cable.delay(0);
    stop.abort();
    await noise;
    const sends = await sendToAll(20);
    for (const group of groups) {
      const [members, others] = [true, false].map((inside) =>
        flappers.filter(({ wanted }) => wanted.has(group) === inside),
      ) as [Flapper[], Flapper[]];
      const ofGroup = sends.filter(({ channel }) => channel === groupChannel(group));
      const inhabited = inhabitedBy(group).size;
      const missing = ofGroup.filter(({ gateways }) => gateways < inhabited);
      assert.deepEqual(missing, [], `FAULT_SEED=${seed}: Redis knows of less than ${inhabited} gateways`);
      const has = ({ tab }: Flapper) => countIn(tab, group) === ofGroup.length;
      await until(`everything in ${group}`, () => members.every(has)).catch(() => {});
      assert.deepEqual(
        faultsIn(
          ofGroup,
          members.map((member) => member.heardOf(group)),
        ),
        [],
        `FAULT_SEED=${seed}`,
      );
      assert.deepEqual(
        members.map(has),
        members.map(() => true),
        `FAULT_SEED=${seed}`,
      );
      assert.deepEqual(
        others.map(({ tab }) => countIn(tab, group)),
        others.map(() => 0),
      );
    }
    await until('nobody to stay subscribed for nobody', async () => {
      const counts = await Promise.all(groups.map(subscribers));
      return groups.every((group, index) => counts[index] === inhabitedBy(group).size);
    });
    for (const { complaints } of [far, near]) assert.deepEqual(complaints, []);
    await redis.expectConnections([far, near]);
  });

  /** Gateways with tabs in a group. */
  function inhabitedBy(group: string): Set<GatewayProcess> {
    return new Set(flappers.filter(({ wanted }) => wanted.has(group)).map(({ gateway }) => gateway));
  }

  /** How many gateways hear what is sent to a group. */
  async function subscribers(group: string): Promise<number> {
    const [name] = (await redis.cli('PUBSUB', 'CHANNELS', `*:${groupChannel(group)}`)) as string[];
    return name === undefined ? 0 : Number(((await redis.cli('PUBSUB', 'NUMSUB', name)) as unknown[])[1]);
  }

  /** Bursts of joins and leaves, each within one tick, and tabs that are loaded anew. */
  async function flap(random: Random): Promise<void> {
    for (let bursts = 0; bursts < 30; bursts++) {
      for (let flips = random.size(8); flips > 0; flips--) random.pick(flappers).flip(random.pick(groups));
      if (random.oneIn(5)) await random.pick(flappers).load();
      if (bursts % 5 === 0) await desert(random.pick(groups), random);
      await pause(random.pick(pauses));
    }
  }

  /** Everybody leaves a group, and somebody is back about when Redis is told so. */
  async function desert(group: string, random: Random): Promise<void> {
    for (const flapper of flappers) if (flapper.wanted.has(group)) flapper.flip(group);
    await pause(linger + random.below(2.5 * delay));
    flappers[0]!.flip(group);
  }

  /** Sends something to every group all the time, so that what was missed shows. */
  async function makeNoise(stopped: AbortSignal): Promise<void> {
    for (; !stopped.aborted; await pause(10))
      await near.send(groups.map((group) => ({ to: { group }, action: 'noise' })));
  }

  /** So many numbered sends to each group, by either gateway. */
  async function sendToAll(count: number): Promise<Sent[]> {
    const sends: Sent[] = [];
    for (let number = 0; number < count; number++)
      for (const group of groups) {
        const gateway = number % 2 === 0 ? near : far;
        const stream = `${group} by ${gateway.id}`;
        const answer = await gateway.send({ to: { group }, action: 'count', details: [stream, number] });
        assert.equal(answer.status, 200);
        const channel = groupChannel(group);
        const receipts = (await answer.json()) as Record<string, { gateways: number; position: string }>;
        sends.push({
          ...{ stream, number, channel, outcome: 'accepted', exposed: false },
          ...receipts[channel]!,
        });
      }
    return sends;
  }
});

function countIn({ frames }: TestTab, group: string): number {
  return frames.filter(({ action, at }) => action === 'count' && at?.[0] === groupChannel(group)).length;
}
