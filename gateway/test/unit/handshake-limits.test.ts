import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Counters } from '../../src/metrics/counters.js';
import {
  type HandshakeLimitOptions,
  HandshakeLimits,
  type Place,
} from '../../src/socket/handshake-limits.js';

const wide: HandshakeLimitOptions = {
  capacity: { tabs: 1000, connections: 1000 },
  maxTabsPerAddress: 0,
  handshakeRate: 0,
  handshakeBurst: 1,
  maxLag: 0,
  limitsDryRun: false,
};

class Doorway {
  readonly counters = new Counters();
  readonly limits: HandshakeLimits;
  now = 0;

  constructor(limits: Partial<HandshakeLimitOptions>) {
    this.limits = new HandshakeLimits({ ...wide, ...limits }, this.counters, () => this.now);
  }

  /** Enters, or returns the reason why not. */
  enter(address = '192.0.2.1'): string {
    const place = this.limits.obstacle() ?? this.limits.enter(address);
    return 'status' in place ? `${place.status} ${place.outcome}` : 'in';
  }

  /** Enters for sure. */
  place(address = '192.0.2.1'): Place {
    const place = this.limits.obstacle() ?? this.limits.enter(address);
    if ('status' in place) throw new Error(place.reason);
    return place;
  }
}

describe('limits of handshakes', () => {
  test('at its capacity a gateway refuses, until someone has left', () => {
    const doorway = new Doorway({ capacity: { tabs: 2, connections: 100 } });
    const first = doorway.place();
    assert.equal(doorway.enter(), 'in');
    assert.equal(doorway.enter(), '503 capacity');
    doorway.limits.leave(first);
    assert.equal(doorway.enter(), 'in');
    assert.equal(doorway.enter(), '503 capacity');
    assert.equal(doorway.counters.limitsHit.capacity, 2);
  });

  test('an address has as many as it may have, others are not concerned', () => {
    const doorway = new Doorway({ maxTabsPerAddress: 2 });
    const places = [doorway.place('192.0.2.1'), doorway.place('192.0.2.1')];
    assert.equal(doorway.enter('192.0.2.1'), '429 address');
    assert.equal(doorway.enter('192.0.2.2'), 'in');
    doorway.limits.leave(places[0]!);
    assert.equal(doorway.enter('192.0.2.1'), 'in');
    assert.equal(doorway.enter('192.0.2.1'), '429 address');
  });

  test('a further tab on a socket takes a place like another, and gives it back like that', () => {
    const doorway = new Doorway({
      ...{ capacity: { tabs: 4, connections: 100 }, maxTabsPerAddress: 3 },
      ...{ handshakeRate: 1, handshakeBurst: 5 },
    });
    const place = doorway.place();
    assert.deepEqual([doorway.limits.join(place), doorway.limits.join(place)], [true, true]);
    assert.equal(doorway.limits.join(place), false);
    assert.equal(doorway.enter(), '429 address');
    assert.equal(doorway.enter('192.0.2.2'), 'in');
    doorway.limits.leave(place);
    assert.equal(doorway.limits.join(place), true);
    assert.equal(doorway.limits.join(place), false);
    assert.deepEqual([doorway.counters.limitsHit.address, doorway.counters.limitsHit.capacity], [2, 1]);
    doorway.limits.leave(place);
    assert.equal(doorway.limits.join(place), false);
    assert.equal(doorway.counters.limitsHit['handshake-rate'], 1);
  });

  test('a tab that comes into a free place of its socket needs no room, but waits its turn', () => {
    const doorway = new Doorway({
      ...{ capacity: { tabs: 1, connections: 100 }, maxTabsPerAddress: 1 },
      ...{ handshakeRate: 1, handshakeBurst: 2 },
    });
    const place = doorway.place();
    assert.equal(doorway.limits.join(place), false);
    assert.deepEqual([doorway.limits.succeed(), doorway.limits.succeed()], [true, false]);
    doorway.now = 1000;
    assert.equal(doorway.limits.succeed(), true);
  });

  test('an address that is not counted when a socket comes is not counted for its further tabs', () => {
    const doorway = new Doorway({});
    const place = doorway.place();
    for (let tab = 0; tab < 5; tab++) assert.equal(doorway.limits.join(place), true);
    for (let tab = 0; tab < 6; tab++) doorway.limits.leave(place);
  });

  test('all of one /64 are one address', () => {
    const doorway = new Doorway({ maxTabsPerAddress: 1 });
    assert.equal(doorway.enter('2001:db8::1'), 'in');
    assert.equal(doorway.enter('2001:db8::2'), '429 address');
    assert.equal(doorway.enter('2001:db8:0:1::2'), 'in');
  });

  test('too many at once are told when to come back, and may then', () => {
    const doorway = new Doorway({ handshakeRate: 1, handshakeBurst: 2 });
    assert.deepEqual([doorway.enter(), doorway.enter(), doorway.enter()], ['in', 'in', '503 handshake-rate']);
    const refused = doorway.limits.obstacle();
    assert.equal(refused?.headers?.['retry-after'], '2');
    doorway.now = 2000;
    assert.equal(doorway.enter(), 'in');
  });

  test('who is refused for another reason takes nobody a turn', () => {
    const doorway = new Doorway({ maxTabsPerAddress: 1, handshakeRate: 1, handshakeBurst: 2 });
    const answers = ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) =>
      doorway.enter(address),
    );
    assert.deepEqual(answers, ['in', '429 address', '429 address', 'in', '503 handshake-rate']);
  });

  test('every refusal says when to come back, within ten seconds', () => {
    const full = new Doorway({ capacity: { tabs: 0, connections: 0 } });
    for (let attempt = 0; attempt < 100; attempt++) {
      assert.match(full.limits.obstacle()!.headers!['retry-after']!, /^([1-9]|10)$/);
    }
  });

  test('in a dry run everything is counted and nothing refused; who came in over a limit leaves as others do', () => {
    const doorway = new Doorway({
      ...{ capacity: { tabs: 1, connections: 100 }, maxTabsPerAddress: 1 },
      ...{ handshakeRate: 1, handshakeBurst: 1, limitsDryRun: true },
    });
    const places = [doorway.place(), doorway.place(), doorway.place()];
    const { capacity, address, lag } = doorway.counters.limitsHit;
    assert.deepEqual({ capacity, address, lag }, { capacity: 2, address: 2, lag: 0 });
    assert.equal(doorway.counters.limitsHit['handshake-rate'], 2);
    for (const place of places) doorway.limits.leave(place);
    doorway.place();
    assert.equal(doorway.counters.limitsHit.capacity, 2);
    assert.equal(doorway.counters.limitsHit.address, 2);
  });
});
