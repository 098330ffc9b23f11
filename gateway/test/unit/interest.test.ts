import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Batch, Interest } from '../../src/broker/redis/interest.js';

const linger = 1000;

function subscribed(interest: Interest, ...names: string[]): Promise<unknown> {
  const confirmed = names.map((name) => interest.want(name, name));
  interest.next(0);
  interest.confirm(0);
  return Promise.all(confirmed);
}

/** Whether a promise has been resolved or rejected by now. */
async function stateOf(promise: Promise<void>): Promise<string> {
  const pending = new Promise<string>((resolve) => setImmediate(resolve, 'pending'));
  const settled = promise.then(
    () => 'resolved',
    () => 'rejected',
  );
  return Promise.race([settled, pending]);
}

describe('interest in channels', () => {
  test('what is wanted in one moment is one command, and confirmed together', async () => {
    const interest = new Interest(linger);
    const confirmed = Promise.all([interest.want('a', 'A'), interest.want('b', 'B')]);
    assert.deepEqual(interest.next(0), { verb: 'subscribe', names: ['a', 'b'] });
    assert.equal(interest.complete, false);
    interest.confirm(0);
    await confirmed;
    assert.equal(interest.complete, true);
    assert.equal(interest.next(0), undefined);
    assert.equal(interest.channelOf('a'), 'A');
    assert.equal(interest.channelOf('c'), undefined);
  });

  test('one command asks for at most 512', () => {
    const interest = new Interest(linger);
    for (let i = 0; i < 1000; i++) void interest.want(`${i}`, undefined);
    assert.equal(interest.next(0)?.names.length, 512);
    interest.confirm(0);
    assert.equal(interest.next(0)?.names.length, 488);
  });

  test('only one command is under way', () => {
    const interest = new Interest(linger);
    void interest.want('a', 'a');
    interest.next(0);
    void interest.want('b', 'b');
    assert.equal(interest.next(0), undefined);
    interest.confirm(0);
    assert.deepEqual(interest.next(0)?.names, ['b']);
  });

  test('a confirmed name is unsubscribed when nobody has wanted it for the linger time', async () => {
    const interest = new Interest(linger);
    await subscribed(interest, 'a', 'b');
    interest.unwant('a', 100);
    interest.unwant('b', 200);
    assert.equal(interest.due, 1100);
    assert.equal(interest.next(1099), undefined);
    assert.deepEqual(interest.next(1100), { verb: 'unsubscribe', names: ['a'] });
    assert.equal(interest.channelOf('a'), 'a');
    interest.confirm(1100);
    assert.equal(interest.channelOf('a'), undefined);
    assert.equal(interest.due, 1200);
  });

  test('what is wanted again while it lingers is confirmed at once, without a command', async () => {
    const interest = new Interest(linger);
    await subscribed(interest, 'a');
    interest.unwant('a', 0);
    await interest.want('a', 'a');
    assert.equal(interest.due, undefined);
    assert.equal(interest.next(5000), undefined);
  });

  test('what is wanted again while its UNSUBSCRIBE is under way is asked for after it', async () => {
    const interest = new Interest(linger);
    await subscribed(interest, 'a');
    interest.unwant('a', 0);
    interest.next(linger);
    const again = interest.want('a', 'a');
    assert.equal(interest.next(linger), undefined);
    interest.confirm(linger);
    assert.equal(await stateOf(again), 'pending');
    assert.deepEqual(interest.next(linger), { verb: 'subscribe', names: ['a'] });
    interest.confirm(linger);
    await again;
  });

  test('what is not wanted any more before it was asked for is not asked for', async () => {
    const interest = new Interest(linger);
    const first = interest.want('a', 'a');
    interest.unwant('a', 0);
    assert.equal(interest.next(0), undefined);
    assert.equal(await stateOf(first), 'pending');
    await subscribed(interest, 'a');
    await first;
  });

  test('what is not wanted any more when it is confirmed lingers, and waits for the next want', async () => {
    const interest = new Interest(linger);
    const first = interest.want('a', 'a');
    interest.next(0);
    interest.unwant('a', 0);
    interest.confirm(50);
    assert.equal(await stateOf(first), 'pending');
    assert.equal(interest.due, 1050);
    await interest.want('a', 'a');
    await first;
  });

  test('with the connection everything is lost: the wanted is asked for again, the lingering forgotten', async () => {
    const interest = new Interest(linger);
    await subscribed(interest, 'kept', 'left');
    interest.unwant('left', 0);
    const asked = interest.want('asked', 'asked');
    interest.next(0);
    interest.lose();
    assert.equal(interest.complete, false);
    assert.equal(interest.due, undefined);
    assert.equal(interest.channelOf('left'), undefined);
    assert.deepEqual(interest.next(0)?.names.toSorted(), ['asked', 'kept']);
    interest.confirm(0);
    await asked;
    assert.equal(interest.complete, true);
  });

  test('while the connection is lost, even what was confirmed before has to be waited for', async () => {
    const interest = new Interest(linger);
    await subscribed(interest, 'a');
    interest.lose();
    const again = interest.want('a', 'a');
    assert.equal(await stateOf(again), 'pending');
    await subscribed(interest, 'b');
    await again;
  });

  test('what Redis refuses is asked for again', async () => {
    const interest = new Interest(linger);
    const confirmed = interest.want('a', 'a');
    interest.next(0);
    interest.refuse(0);
    assert.equal(interest.complete, false);
    assert.equal(await stateOf(confirmed), 'pending');
    assert.deepEqual(interest.next(0), { verb: 'subscribe', names: ['a'] });
    interest.refuse(0);
    interest.unwant('a', 0);
    assert.equal(interest.next(5000), undefined);
  });

  test('an UNSUBSCRIBE that Redis refuses leaves the name subscribed, to be tried again', async () => {
    const interest = new Interest(linger);
    await subscribed(interest, 'a');
    interest.unwant('a', 0);
    interest.next(1000);
    interest.refuse(1500);
    assert.equal(interest.due, 2500);
    await interest.want('a', 'a');
  });

  test('close rejects whoever waits, then and later', async () => {
    const interest = new Interest(linger);
    const waiting = interest.want('a', 'a');
    interest.close(new Error('closed'));
    await assert.rejects(waiting, /closed/);
    await assert.rejects(interest.want('b', 'b'), /closed/);
  });
});

/** A Redis that does what it is told, with a connection that can be lost. */
class Subscriptions {
  readonly names = new Set<string>();

  obey({ verb, names }: Batch): void {
    for (const name of names) {
      if (verb === 'subscribe') this.names.add(name);
      else this.names.delete(name);
    }
  }
}

/** A small repeatable generator: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** One random life of an interest beside a Redis; both must agree whenever a promise says so, and at the end. */
async function liveOnce(seed: number): Promise<void> {
  const roll = dice(seed);
  const redis = new Subscriptions();
  const interest = new Interest(linger);
  const wanted = new Set<string>();
  let now = 0;
  let underWay: Batch | undefined;
  const answer = () => {
    if (underWay === undefined) return;
    if (roll(10) === 0) interest.refuse(now);
    else {
      redis.obey(underWay);
      interest.confirm(now);
    }
    underWay = undefined;
  };
  const steps = [
    () => {
      const name = `${roll(6)}`;
      wanted.add(name);
      interest.want(name, name).catch(assert.fail);
    },
    () => {
      const name = `${roll(6)}`;
      wanted.delete(name);
      interest.unwant(name, now);
    },
    () => {
      underWay ??= interest.next(now);
    },
    answer,
    () => {
      now += roll(linger);
    },
    () => {
      if (roll(5) > 0) return;
      redis.names.clear();
      interest.lose();
      underWay = undefined;
    },
  ];
  for (let i = 0; i < 300; i++) {
    steps[roll(steps.length)]!();
    if (!interest.complete || underWay !== undefined) continue;
    for (const name of wanted) assert.ok(redis.names.has(name), `seed ${seed}, step ${i}: ${name} is not heard`);
  }
  now += linger;
  while (underWay !== undefined || (underWay = interest.next(now)) !== undefined) {
    answer();
    now += linger;
  }
  assert.deepEqual([...redis.names].toSorted(), [...wanted].toSorted(), `seed ${seed}`);
}

test('whatever happens in whatever order, Redis carries what is wanted and in the end nothing else', async () => {
  for (let seed = 1; seed <= 500; seed++) await liveOnce(seed);
});
