import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Asking } from '../../src/backend/webhook/asking.js';
import { type Message, messageOf } from '../../src/backend/webhook/event.js';
import { Lanes } from '../../src/backend/webhook/lanes.js';
import type { Outcome } from '../../src/backend/webhook/line.js';
import { Slots } from '../../src/backend/webhook/slots.js';
import { Telling } from '../../src/backend/webhook/telling.js';
import { Counters } from '../../src/metrics/counters.js';

const never = new AbortController().signal;

describe('slots', () => {
  /** Takes a slot and notes who got one. */
  function taker(size: number) {
    const slots = new Slots(size);
    const got: string[] = [];
    const take = (name: string, kind: 'asked' | 'told', deadline = never) =>
      slots.take(kind, deadline).then((taken) => {
        got.push(taken ? name : `${name} too late`);
      });
    return { slots, got, take };
  }

  test('are given in the order of asking, no more than there are', async () => {
    const { slots, got, take } = taker(2);
    for (const name of ['a', 'b', 'c', 'd']) void take(name, 'asked');
    await turn();
    assert.deepEqual(got, ['a', 'b']);
    assert.equal(slots.waiting, 2);
    slots.give('asked');
    await turn();
    assert.deepEqual(got, ['a', 'b', 'c']);
  });

  test('what is told takes at most half, and comes after what is asked', async () => {
    const { slots, got, take } = taker(4);
    for (const name of ['t1', 't2', 't3']) void take(name, 'told');
    for (const name of ['a1', 'a2', 'a3']) void take(name, 'asked');
    await turn();
    assert.deepEqual(got, ['t1', 't2', 'a1', 'a2']);
    slots.give('told');
    await turn();
    assert.deepEqual(got.slice(4), ['a3']);
    slots.give('asked');
    await turn();
    assert.deepEqual(got.slice(5), ['t3']);
  });

  test('who waited beyond the deadline gets none, and leaves no gap', async () => {
    const { slots, got, take } = taker(2);
    const deadline = new AbortController();
    void take('a', 'asked');
    void take('b', 'asked');
    void take('c', 'asked', deadline.signal);
    void take('d', 'asked');
    deadline.abort();
    await take('e', 'asked', deadline.signal);
    slots.give('asked');
    await turn();
    assert.deepEqual(got, ['a', 'b', 'c too late', 'e too late', 'd']);
    assert.equal(slots.waiting, 0);
  });
});

describe('lanes', () => {
  test('keep their order, do not wait for each other, and are forgotten when they are empty', async () => {
    const lanes = new Lanes();
    const order: string[] = [];
    const enter = async (lane: string, name: string) => {
      const leave = await lanes.enter(lane);
      order.push(name);
      return leave;
    };
    const [first, , third] = [enter('x', 'x1'), enter('x', 'x2'), enter('y', 'y1')];
    assert.equal(lanes.length('x'), 2);
    (await third)();
    assert.deepEqual(order, ['x1', 'y1']);
    (await first)();
    await turn();
    assert.deepEqual(order, ['x1', 'y1', 'x2']);
    assert.equal(lanes.length('x'), 1);
    assert.equal(lanes.length('y'), 0);
  });
});

/** A line whose outcomes the test decides. */
class FakeLine {
  readonly sent: Message[] = [];
  readonly turnedAway: Message[] = [];
  readonly #answers: ((outcome: Outcome<never>) => void)[] = [];

  send(message: Message): Promise<Outcome<never>> {
    this.sent.push(message);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  turnAway(message: Message): Outcome<never> {
    this.turnedAway.push(message);
    return { failed: 'queue-full' };
  }

  /** Ends the oldest request that is on its way. */
  async end(outcome: Outcome<unknown>): Promise<void> {
    this.#answers.shift()!(outcome as Outcome<never>);
    await turn();
  }
}

const well = { value: undefined };
const badly = { failed: 'down' } as const;
const read = () => ({ value: undefined });

describe('asking', () => {
  function asker() {
    const line = new FakeLine();
    const lanes = new Lanes();
    const asking = new Asking({ line, lanes, timeout: 60_000, concurrency: 2, queue: 20 });
    const used: string[] = [];
    const ask = (lane: string, name: string) =>
      asking.askInTurn(messageOf('action', { name }, 0), lane, read, async (outcome) => {
        used.push('failed' in outcome ? `${name} ${outcome.failed}` : name);
      });
    return { line, asking, used, ask };
  }

  test('a tab has one question on its way; the next follows when the answer has been used', async () => {
    const { line, used, ask } = asker();
    void ask('tab', 'first');
    void ask('tab', 'second');
    void ask('other tab', 'third');
    await turn();
    assert.equal(line.sent.length, 2);
    await line.end(well);
    assert.deepEqual(used, ['first']);
    assert.equal(line.sent.length, 3);
  });

  test('one tab may fill a tenth of the queue, all together the whole', async () => {
    const { line, asking, used, ask } = asker();
    for (const name of ['a', 'b', 'c', 'd']) void ask('tab', name);
    await turn();
    assert.deepEqual(used, ['d queue-full']);
    for (let n = 0; n < 20; n++) void ask(`tab ${n}`, `${n}`);
    await turn();
    assert.deepEqual(used.slice(1), ['19 queue-full']);
    assert.equal(asking.pending, 22);
    assert.equal(line.turnedAway.length, 2);
    await line.end(well);
    assert.equal(asking.pending, 21);
  });

  test('a use that rejects does not block the tab', async () => {
    const { line, asking, ask, used } = asker();
    const broken = asking.askInTurn(messageOf('action', {}, 0), 'tab', read, async () => {
      throw new Error('on purpose');
    });
    void ask('tab', 'next');
    const refused = assert.rejects(broken, /on purpose/);
    await turn();
    await line.end(well);
    await refused;
    await line.end(well);
    assert.deepEqual(used, ['next']);
  });
});

describe('telling', () => {
  function teller(limit = 3) {
    const line = new FakeLine();
    const counters = new Counters();
    const pauses: number[] = [];
    let hurried = () => {};
    const wait = async (ms: number, hurry: AbortSignal) => {
      pauses.push(ms);
      if (ms > 0 && !hurry.aborted) await new Promise<void>((go) => (hurried = go));
    };
    const telling = new Telling({ line, lanes: new Lanes(), limit, counters, wait });
    const tell = (user: string) => telling.tell(messageOf('online', { user }, 0), user);
    const proceed = async () => {
      hurried();
      await turn();
    };
    return { line, counters, pauses, telling, tell, proceed };
  }

  test('an event is tried again under the same id, with growing pauses, and dropped after eight tries', async () => {
    const { line, counters, pauses, telling, tell, proceed } = teller();
    tell('ann');
    await turn();
    for (let n = 0; n < 8; n++) {
      await line.end(badly);
      await proceed();
    }
    assert.deepEqual(pauses, [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
    assert.equal(new Set(line.sent.map(({ id }) => id)).size, 1);
    assert.equal(line.sent.length, 8);
    assert.deepEqual([counters.webhookEventsDropped, telling.pending], [1, 0]);
  });

  test('the next event of a user waits until the one before is told', async () => {
    const { line, tell, proceed } = teller();
    tell('ann');
    tell('ann');
    tell('bob');
    await turn();
    assert.equal(line.sent.length, 2);
    await line.end(badly);
    await line.end(well);
    await proceed();
    assert.equal(line.sent.length, 3);
    assert.equal(line.sent[2]!.id, line.sent[0]!.id);
    await line.end(well);
    assert.notEqual(line.sent[3]!.id, line.sent[0]!.id);
  });

  test('beyond the limit an event is dropped, and counted', async () => {
    const { line, counters, telling, tell } = teller();
    for (const user of ['a', 'b', 'c', 'd']) tell(user);
    await turn();
    assert.deepEqual([counters.webhookEventsDropped, telling.pending], [1, 3]);
    for (let n = 0; n < 3; n++) await line.end(well);
    assert.deepEqual([counters.webhookEventsDropped, telling.pending, line.sent.length], [1, 0, 3]);
  });

  test('closing gives what waits one try at once, and then drops it', async () => {
    const { line, counters, telling, tell, proceed } = teller();
    tell('ann');
    tell('bob');
    await turn();
    await line.end(badly);
    const closed = telling.close();
    await proceed();
    await line.end(well);
    await line.end(badly);
    await closed;
    assert.equal(line.sent.length, 3);
    assert.deepEqual([counters.webhookEventsDropped, telling.pending], [1, 0]);
  });
});
