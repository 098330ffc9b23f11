import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { minTextBytes, readNumber } from '../../src/books/message.js';
import type { SendPlan } from '../../src/sending/plan.js';
import { Sender } from '../../src/sending/sender.js';
import { type Asked, FakeApi, type Verdict } from './fake-api.js';

const users = ['ann', 'bob', 'nobody'];

interface Load {
  readonly batch?: number;
  readonly total?: number;
  readonly judge?: (asked: Asked, index: number) => Verdict;
}

/** An API with the given faults, and a plan that sends to three users by two lanes. */
async function underLoad(t: TestContext, { batch = 1, total = 60, judge = () => 'take' }: Load = {}) {
  const api = new FakeApi(judge);
  const url = await api.listen();
  t.after(() => api.close());
  const targets = users.map((user) => ({ user }));
  const plan: SendPlan = {
    way: { kind: 'api', urls: [url], key: 'key', targets, batch, lanes: 2 },
    ...{ streams: users.length, textBytes: minTextBytes, perSecond: 10_000, total },
  };
  return { api, plan };
}

/** Numbers that were taken of each user's stream. */
function numbersIn(api: FakeApi): number[][] {
  return users.map((user) => (api.taken.get(user) ?? []).map((text) => readNumber(Buffer.from(text), 0)));
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('sending by the API', { timeout: 20_000 }, () => {
  test('brings every stream in order, one send as an object', async (t) => {
    const { api, plan } = await underLoad(t);
    const { sent, refused, unheard, repeated } = await new Sender().send(plan);
    assert.deepEqual({ sent, refused, repeated }, { sent: [20, 20, 20], refused: [0, 0, 0], repeated: 0 });
    assert.equal(unheard, 20);
    assert.deepEqual(numbersIn(api), [upTo(20), upTo(20), upTo(20)]);
    assert.ok(api.asked.every(({ sends, inArray }) => sends.length === 1 && !inArray));
  });

  test('puts what is queued into one array, up to the limit', async (t) => {
    const { api, plan } = await underLoad(t, { batch: 5, total: 300 });
    const { unheard } = await new Sender().send({ ...plan, perSecond: 100_000 });
    assert.equal(unheard, 100);
    assert.deepEqual(numbersIn(api), [upTo(100), upTo(100), upTo(100)]);
    assert.equal(Math.max(...api.asked.map(({ sends }) => sends.length)), 5);
    assert.ok(api.asked.every(({ inArray }) => inArray));
  });

  test('repeats what fails under its key, so that it arrives once and in order', async (t) => {
    const faults: Verdict[] = [503, 'break', 'take and break'];
    const { api, plan } = await underLoad(t, { judge: (_, index) => faults[index % 6] ?? 'take' });
    const { repeated, refused } = await new Sender().send(plan);
    assert.deepEqual(refused, [0, 0, 0]);
    assert.deepEqual(numbersIn(api), [upTo(20), upTo(20), upTo(20)]);
    const keys = new Map(api.asked.map(({ key, sends }) => [key, sends]));
    assert.equal(keys.size, 60);
    assert.equal(repeated, api.asked.length - keys.size);
    for (const { key, sends } of api.asked) assert.deepEqual(sends, keys.get(key));
  });

  test('ends with what is wrong when the API says so', async (t) => {
    const { api, plan } = await underLoad(t, { total: 1_000_000, judge: () => 400 });
    await assert.rejects(new Sender().send(plan), /400 \(to\.user: expected a string\)/);
    assert.equal(api.taken.size, 0);
  });

  test('begins with a sentence that names an API that is not there', async (t) => {
    const { api, plan } = await underLoad(t);
    api.close();
    await assert.rejects(
      new Sender().send(plan),
      /the API at http:\/\/127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/,
    );
  });

  test('counts, when it is stopped, what has left', async (t) => {
    const sender = new Sender();
    const { api, plan } = await underLoad(t, {
      ...{ batch: 10, total: 1_000_000 },
      judge: (_, index) => {
        if (index === 20) sender.stop();
        return 'take';
      },
    });
    const { sent } = await sender.send(plan);
    assert.equal(
      sender.progress().sent,
      sent.reduce((sum, one) => sum + one),
    );
    assert.ok(sent[0]! < 300_000);
    assert.deepEqual(numbersIn(api), sent.map(upTo));
  });
});
