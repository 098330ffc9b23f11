import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { closeCodes, type Frame } from '@tabcast/shared';
import fc from 'fast-check';
import { FakeBrowser } from './browser.js';
import { publication, welcome } from './gateway.js';
import type { Connection, FakePage } from './page.js';

/**
 * For random streams each page sees exactly what it would see on a socket of its own. The gateway of this test keeps
 * its own account of who is in which channel, and says everything twice: as it would go over sockets of their own, which
 * is what we expect, and over the shared one.
 */
const users = [null, 'ann', 'bob'];
const groups = ['red', 'blue', 'green'];
const channels = ['all', 'registered', 'user:ann', 'user:bob', ...groups.map((group) => `group:${group}`)];

const seat = fc.nat(4);
const group = fc.constantFrom(...groups);
const someGroups = fc.uniqueArray(group);

/** What may happen, each to one of five pages. */
const event = fc.oneof(
  fc.record({
    what: fc.constant('open' as const),
    seat,
    user: fc.constantFrom(...users),
    groups: someGroups,
  }),
  fc.record({ what: fc.constant('publish' as const), seat, channel: fc.constantFrom(...channels) }),
  fc.record({ what: fc.constant('publish to some' as const), seat, channel: fc.constantFrom(...channels) }),
  fc.record({ what: fc.constant('settle' as const), seat }),
  fc.record({ what: fc.constantFrom('reply' as const, 'hint' as const), seat }),
  fc.record({ what: fc.constantFrom('join' as const, 'leave' as const), seat, group, asked: fc.boolean() }),
  fc.record({
    what: fc.constant('auth' as const),
    seat,
    user: fc.constantFrom('ann', 'bob'),
    groups: someGroups,
  }),
  fc.record({
    what: fc.constantFrom('close' as const, 'crash' as const, 'leave page' as const, 'lose socket' as const),
    seat,
  }),
);
type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never;

/** One page, what it should have seen, and what the gateway knows of its tab. */
interface Seat {
  page: FakePage;
  tab: Connection;
  number: number;
  user: string | null;
  groups: Set<string>;
  expected: Frame[];
  closed: boolean;
}

class Play {
  readonly browser = new FakeBrowser();
  readonly #kind: 'worker' | 'leader';
  readonly #seats = new Map<number, Seat>();
  readonly past: Seat[] = [];
  #count = 0;

  constructor(kind: 'worker' | 'leader') {
    this.#kind = kind;
  }

  async run(events: readonly Event[]): Promise<void> {
    for (const one of events) await this.#happen(one);
    await this.browser.settle();
  }

  get seats(): Seat[] {
    return [...this.#seats.values()];
  }

  async #happen(one: Event): Promise<void> {
    const seat = this.#seats.get(one.seat);
    if (one.what === 'open') await this.#open(one);
    else if (one.what === 'publish') this.#publish(one.channel);
    else if (one.what === 'settle') await this.browser.settle();
    else if (seat !== undefined) await this.#happenTo(seat, one);
  }

  async #open({ seat: place, user, groups }: Event & { what: 'open' }): Promise<void> {
    if (this.#seats.has(place)) return;
    const page = this.browser.page([this.#kind]);
    const tab = page.connect(user ?? undefined);
    await this.browser.settle();
    const { socket } = this.browser;
    socket.onopen?.();
    const number = socket.sent.findLast(({ action }) => action === 'sys/open')!.tab!;
    const seat = { page, tab, number, user, groups: new Set(groups), expected: [], closed: false };
    this.#seats.set(place, seat);
    this.#tell(seat, welcome(number, user, groups));
  }

  #publish(channel: string): void {
    const frame = publication(channel, 'news', ++this.#count);
    const reached = this.seats.filter((seat) => channelsOf(seat).includes(channel));
    for (const { expected } of reached) expected.push(frame);
    // The socket would not hear of it if nobody on it were in the channel; a late unsubscribe makes that possible too.
    if (this.browser.sockets.length > 0) this.browser.socket.receive(frame);
  }

  async #happenTo(seat: Seat, one: Exclude<Event, { what: 'open' | 'publish' | 'settle' }>): Promise<void> {
    const { number: tab, user } = seat;
    if (one.what === 'publish to some') {
      if (channelsOf(seat).includes(one.channel))
        this.#tell(seat, { ...publication(one.channel, 'some news', ++this.#count), tab });
    } else if (one.what === 'reply')
      this.#tell(seat, { tab, action: 'reply', details: [++this.#count], re: 1 });
    else if (one.what === 'hint')
      for (const each of this.seats)
        this.#tell(each, { tab: each.number, action: 'sys/reconnect', details: [{ closesIn: 100 }] });
    else if (one.what === 'join' || one.what === 'leave') {
      seat.groups[one.what === 'join' ? 'add' : 'delete'](one.group);
      const asked = one.asked ? { re: ++this.#count } : {};
      this.#tell(seat, { tab, action: `sys/${one.what}`, details: [one.group], ...asked });
    } else if (one.what === 'auth') {
      seat.user = user ?? one.user;
      seat.groups = new Set(one.groups);
      const details = [{ user: seat.user, session: null, groups: one.groups, expires: 1 }];
      this.#tell(seat, { tab, action: 'sys/auth', details, re: 1 });
    } else await this.#end(seat, one.what);
  }

  async #end(seat: Seat, how: 'close' | 'crash' | 'leave page' | 'lose socket'): Promise<void> {
    await this.browser.settle();
    const leads =
      this.#kind === 'leader' && seat.number === Math.min(...this.seats.map(({ number }) => number));
    if (how === 'close')
      this.browser.socket.receive({
        tab: seat.number,
        action: 'sys/close',
        details: [4403, closeCodes[4403].name],
      });
    else if (how === 'leave page') seat.tab.socket.close(1000);
    else if (how === 'lose socket') this.browser.socket.onclose?.({ code: 4000, reason: 'shutdown' });
    else if (leads) return;
    else seat.page.crash();
    await this.browser.settle();
    for (const [place, each] of this.#seats)
      if (each === seat || how === 'lose socket') {
        each.closed = true;
        this.#seats.delete(place);
        this.past.push(each);
      }
  }

  #tell(seat: Seat, frame: Frame): void {
    seat.expected.push(frame);
    this.browser.socket.receive(frame);
  }
}

function channelsOf({ user, groups }: Seat): string[] {
  const ofUser = user === null ? [] : ['registered', `user:${user}`];
  return ['all', ...ofUser, ...[...groups].map((group) => `group:${group}`)];
}

describe('streams', () => {
  for (const kind of ['worker', 'leader'] as const)
    test(`each page sees what it would on a socket of its own (${kind})`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(event, { maxLength: 60, size: 'max' }), async (events) => {
          const play = new Play(kind);
          await play.run(events);
          for (const { tab, expected } of [...play.seats, ...play.past])
            assert.deepEqual(tab.frames, expected);
          for (const { tab } of play.seats) assert.equal(tab.closed, undefined);
        }),
        { numRuns: 150 },
      );
    });
});
