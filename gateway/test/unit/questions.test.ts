import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { BrokerUnavailable } from '../../src/broker/broker.js';
import type { Answer, Order, OrderOf } from '../../src/cluster/order.js';
import type { Orders } from '../../src/cluster/orders.js';
import { answerTime, Questions } from '../../src/cluster/questions.js';
import { Counters } from '../../src/metrics/counters.js';

type TakeAnswer = (answer: Answer, channel: string) => void;

/** A cluster of other gateways that the test speaks for. */
class Cluster {
  readonly counters = new Counters();
  readonly given: { channel: string; order: Order }[] = [];
  readonly questions: Questions;
  /** How many gateways hear what is asked. */
  hearing = 2;
  failing: Error | undefined;
  #answered: TakeAnswer = () => {};

  constructor() {
    const orders: Pick<Orders, 'send' | 'on'> = {
      send: async (channel, order) => {
        if (this.failing) throw this.failing;
        this.given.push({ channel, order });
        return this.hearing;
      },
      on: (_, take) => {
        this.#answered = take as TakeAnswer;
      },
    };
    this.questions = new Questions(orders as Orders, 'me', this.counters);
  }

  ask() {
    return this.questions.ask('user:ann', { kind: 'describe' }, (body) =>
      typeof body === 'number' ? body : undefined,
    );
  }

  answer(gateway: string, body: unknown, ask = this.asked.ask): void {
    this.#answered({ kind: 'answer', ask, gateway, body }, 'gateway:me');
  }

  /** The last question. */
  get asked(): OrderOf<'describe'> {
    return this.given.at(-1)!.order as OrderOf<'describe'>;
  }
}

/** Lets the broker's word on how many heard arrive. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('questions', () => {
  const start = (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    return new Cluster();
  };

  test('the answers of all who heard are the whole truth, and are not waited for longer', async (t) => {
    const cluster = start(t);
    const asking = cluster.ask();
    await settled();
    assert.deepEqual(cluster.given, [
      { channel: 'user:ann', order: { kind: 'describe', ask: cluster.asked.ask, asker: 'me' } },
    ]);
    cluster.answer('a', 1);
    cluster.answer('b', 2);
    assert.deepEqual(await asking, {
      answers: [
        { gateway: 'a', body: 1 },
        { gateway: 'b', body: 2 },
      ],
      complete: true,
    });
    assert.equal(cluster.questions.open, 0);
    assert.deepEqual(cluster.counters.questions, { complete: 1, incomplete: 0 });
  });

  test('answers may overtake the word on how many heard', async (t) => {
    const cluster = start(t);
    const asking = cluster.ask();
    cluster.answer('a', 1);
    cluster.answer('b', 2);
    assert.equal((await asking).complete, true);
  });

  test('when nobody hears, nobody is waited for', async (t) => {
    const cluster = start(t);
    cluster.hearing = 0;
    assert.deepEqual(await cluster.ask(), { answers: [], complete: true });
  });

  test('who does not answer in time is missing, and his answer is too late', async (t) => {
    const cluster = start(t);
    const asking = cluster.ask();
    await settled();
    const { ask } = cluster.asked;
    cluster.answer('a', 1);
    t.mock.timers.tick(answerTime);
    assert.deepEqual(await asking, { answers: [{ gateway: 'a', body: 1 }], complete: false });
    cluster.answer('b', 2, ask);
    assert.equal(cluster.questions.open, 0);
    assert.deepEqual(cluster.counters.questions, { complete: 0, incomplete: 1 });
  });

  test('nonsense, answers to something else and second answers do not count', async (t) => {
    const cluster = start(t);
    const asking = cluster.ask();
    await settled();
    cluster.answer('a', 1);
    cluster.answer('a', 9);
    cluster.answer('b', 'nonsense');
    cluster.answer('c', 3, 'another-ask');
    assert.deepEqual(await asking, { answers: [{ gateway: 'a', body: 1 }], complete: false });
  });

  test('a question that cannot be asked leaves nothing behind', async (t) => {
    const cluster = start(t);
    cluster.failing = new BrokerUnavailable('away');
    await assert.rejects(cluster.ask(), BrokerUnavailable);
    assert.equal(cluster.questions.open, 0);
  });

  test('an answer goes to the channel of who asked, and is not worth an error', async (t) => {
    const cluster = start(t);
    await cluster.questions.answer({ ask: 'x', asker: 'other' }, { tabs: 1 });
    assert.deepEqual(cluster.given, [
      {
        channel: 'gateway:other',
        order: { kind: 'answer', ask: 'x', gateway: 'me', body: { tabs: 1 } },
      },
    ]);
    cluster.failing = new BrokerUnavailable('away');
    await cluster.questions.answer({ ask: 'x', asker: 'other' }, {});
  });
});
