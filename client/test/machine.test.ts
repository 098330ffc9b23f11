import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeRule } from '@tabcast/shared';
import fc from 'fast-check';
import type { TokenAnswer } from '../src/options.js';
import type { Tabs } from '../src/tabs.js';
import { ScriptedGateway } from './support/gateway-script.js';
import { World } from './support/world.js';

/**
 * The whole of a tab against a world that does its worst, in any order. When the world has calmed down the tab is open, or
 * it is closed for a reason that it was given. Never were there two sockets, and of what was sent all arrived once and in
 * order, except what was dropped aloud, and what was under way when a connection died. Of what was published to it all has
 * come once and in order, or it was told of the gap.
 */

type TokenMood = 'good' | 'failing' | 'slow' | 'never' | 'logged-out';

const channels = ['user:ann', 'group:room'];

/** A tab in its world, and what may happen to it. */
class Trial {
  readonly world = new World();
  readonly gateway = new ScriptedGateway(this.world);
  tokens: TokenMood;
  /** How many sends were told to be dropped, and how many there were. */
  dropped = 0;
  sends = 0;
  /** Whether something has happened that may end the tab. */
  mayEnd = false;
  readonly tabs: Tabs;
  /** The numbers that were published to the tab, and the gaps that it was told of, as they came. */
  readonly heard = new Map<string, (number | 'gap')[]>(channels.map((channel) => [channel, []]));

  constructor(chance: number, tokens: TokenMood) {
    this.world.chance = chance;
    this.tokens = tokens;
    this.tabs = this.world.tab({ getToken: () => this.#token(), maxQueued: 5 });
    this.tabs.on('n', undefined, () => {
      this.dropped++;
    });
    for (const channel of channels)
      this.tabs.on(channel, (number: number) => this.heard.get(channel)!.push(number));
    this.tabs.onGap((channel) => this.heard.get(channel)!.push('gap'));
    this.tabs.join('room').catch(() => {});
  }

  #token(): TokenAnswer | Promise<TokenAnswer> {
    switch (this.tokens) {
      case 'good':
        return 'good';
      case 'failing':
        throw new Error('the login is down');
      case 'slow':
        return new Promise((resolve) => this.world.later(11_000, () => resolve('slow')));
      case 'never':
        return new Promise(() => {});
      case 'logged-out':
        this.mayEnd = true;
        return null;
    }
  }

  drop(code: number): void {
    if (!closeRule(code).reconnect) this.mayEnd = true;
    this.world.socket?.drop(code);
  }

  /** Sends the next number. */
  send(): void {
    this.tabs.send('n', this.sends++);
  }

  check(): void {
    assert.ok(this.world.live.length <= 1 && this.gateway.crowd <= 1, 'two sockets at once');
    if (this.tabs.state === 'open') assert.equal(this.world.live.length, 1);
    if (this.tabs.state === 'closed') {
      assert.ok(this.mayEnd, 'closed without a reason');
      assert.equal(this.world.live.length, 0);
    }
    const numbers = this.gateway.arrived.map(({ details }) => details[0] as number);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
      'doubled or out of order',
    );
    this.checkHeard();
  }

  /** Everything that came is in order, and where something is missing between two numbers there is a gap. */
  checkHeard(): void {
    for (const [channel, heard] of this.heard) {
      // What was published before the first welcome is not for the tab.
      let [last, isTold] = [0, true];
      for (const one of heard) {
        if (one !== 'gap') {
          assert.ok(isTold ? one > last : one === last + 1, `${channel}: ${heard}`);
          last = one;
        }
        isTold = one === 'gap';
      }
    }
  }

  /** Everything is well again, for as long as the longest wait may take. */
  async calm(): Promise<void> {
    this.gateway.mood = 'well';
    this.gateway.isOtherUser = false;
    this.tokens = 'good';
    this.world.notice(true);
    await this.world.pass(180_000);
    for (const channel of channels) this.gateway.publish(channel);
    this.check();
    if (this.tabs.state === 'open')
      for (const [channel, heard] of this.heard)
        assert.equal(heard.at(-1), this.gateway.history.published(channel), `${channel}: ${heard}`);
  }
}

const codes = fc.oneof(
  fc.constantFrom(1000, 1001, 1006, 1012, 4000, 4002, 4005, 4006, 4401, 4403, 4410, 4350, 4950),
  fc.integer({ min: 4000, max: 4399 }),
);
const moods = fc.constantFrom<TokenMood>('good', 'failing', 'slow', 'never', 'logged-out');
const gatewayMoods = fc.constantFrom<ScriptedGateway['mood']>('well', 'refusing', 'dead');

interface Event {
  readonly what: string;
  happen(trial: Trial): void | Promise<void>;
}

const receive = (action: string) => (trial: Trial) =>
  trial.world.socket?.receive({ action, details: [{ closesIn: 5000 }] });
const event = (what: string, happen: Event['happen']): Event => ({ what, happen });
/** None of these loses what is under way. */
const gentle: fc.Arbitrary<Event>[] = [
  codes.map((code) => event(`drop ${code}`, (trial) => trial.drop(code))),
  fc.integer({ min: 1, max: 60_000 }).map((ms) => event(`pass ${ms}`, ({ world }) => world.pass(ms))),
  fc.constant(event('hint', receive('sys/reconnect'))),
  fc.constant(event('expired', receive('sys/expired'))),
  fc.constant(event('noticed', ({ world }) => world.notice())),
  fc.boolean().map((online) => event(`online ${online}`, ({ world }) => world.notice(online))),
  fc.integer({ min: -1e7, max: 1e7 }).map((ms) => event(`clock ${ms}`, ({ world }) => world.setClock(ms))),
  fc.integer({ min: 1, max: 1e7 }).map((ms) => event(`sleep ${ms}`, ({ world }) => world.sleep(ms))),
  moods.map((mood) =>
    event(`tokens ${mood}`, (trial) => {
      trial.tokens = mood;
    }),
  ),
  fc.integer({ min: 1, max: 4 }).map((times) =>
    event(`send ${times}`, (trial) => {
      for (let sent = 0; sent < times; sent++) trial.send();
    }),
  ),
];
const publish = (what: string, deaf: boolean) =>
  fc.tuple(fc.constantFrom(...channels), fc.integer({ min: 1, max: 4 })).map(([channel, times]) =>
    event(`${what} ${times} to ${channel}`, ({ gateway }) => {
      for (let number = 0; number < times; number++) gateway.publish(channel, deaf);
    }),
  );
gentle.push(publish('publish', false), publish('publish', false));
const harsh = [
  ...gentle,
  gatewayMoods.map((mood) =>
    event(`gateway ${mood}`, ({ gateway }) => {
      gateway.mood = mood;
    }),
  ),
  fc.constant(
    event('close', (trial) => {
      trial.mayEnd = true;
      trial.tabs.close();
      assert.equal(trial.world.leftovers, 0, 'something runs on after the close');
    }),
  ),
  publish('publish unheard', true),
  fc.integer({ min: 1, max: 4 }).map((size) =>
    event(`keep ${size}`, ({ gateway }) => {
      gateway.history.size = size;
    }),
  ),
  fc.constant(event('flush', ({ gateway }) => gateway.history.flush())),
  fc.boolean().map((is) =>
    event(`other user ${is}`, ({ gateway }) => {
      gateway.isOtherUser = is;
    }),
  ),
];

const life = (events: fc.Arbitrary<Event>[]) => fc.array(fc.oneof(...events), { maxLength: 60, size: 'max' });
const chance = fc.double({ min: 0.01, max: 0.999, noNaN: true });

test('whatever happens, the tab ends open or closed for a reason, and never has two sockets', async () => {
  await fc.assert(
    fc.asyncProperty(chance, moods, life(harsh), async (random, tokens, events) => {
      const trial = new Trial(random, tokens);
      for (const { happen } of events) {
        await happen(trial);
        trial.check();
      }
      await trial.calm();
      assert.ok(['open', 'closed'].includes(trial.tabs.state), `it is ${trial.tabs.state}`);
      if (!trial.mayEnd) assert.equal(trial.tabs.state, 'open');
      trial.tabs.close();
      assert.equal(trial.world.leftovers, 0, 'something runs on after the close');
      assert.deepEqual(trial.world.reported, []);
    }),
    { numRuns: 300 },
  );
});

test('where no connection dies unheard, all arrives once and in order, or is told to be dropped', async () => {
  await fc.assert(
    fc.asyncProperty(chance, moods, life(gentle), async (random, tokens, events) => {
      const trial = new Trial(random, tokens);
      for (const { happen } of events) await happen(trial);
      await trial.calm();
      trial.check();
      trial.tabs.close();
      assert.equal(trial.gateway.arrived.length + trial.dropped, trial.sends);
      for (const heard of trial.heard.values()) assert.ok(!heard.includes('gap'), 'told of a gap');
    }),
    { numRuns: 300 },
  );
});
