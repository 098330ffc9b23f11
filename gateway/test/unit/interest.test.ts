import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Interest } from '../../src/broker/redis/interest.js';

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
    await first;
    assert.equal(interest.channelOf('a'), undefined, 'forgotten');
    await subscribed(interest, 'a');
  });

  test('what is not wanted any more when it is confirmed lingers, and nobody waits for it', async () => {
    const interest = new Interest(linger);
    const first = interest.want('a', 'a');
    interest.next(0);
    interest.unwant('a', 0);
    await first;
    interest.confirm(50);
    assert.equal(interest.due, 1050);
    await interest.want('a', 'a');
    assert.equal(interest.due, undefined);
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
    interest.next(2500);
    const again = interest.want('a', 'a');
    interest.refuse(2500);
    await again;
    assert.equal(interest.next(2500), undefined);
    assert.equal(interest.complete, true);
  });

  test('what was given up while it was asked for is forgotten with the connection', async () => {
    const interest = new Interest(linger);
    const first = interest.want('a', 'a');
    interest.next(0);
    interest.unwant('a', 0);
    await first;
    interest.lose();
    assert.equal(interest.channelOf('a'), undefined);
    assert.equal(interest.next(0), undefined);
  });

  test('who wants again after giving up waits anew', async () => {
    const interest = new Interest(linger);
    const first = interest.want('a', 'a');
    interest.next(0);
    interest.unwant('a', 0);
    const second = interest.want('a', 'a');
    await first;
    assert.equal(await stateOf(second), 'pending');
    interest.confirm(0);
    await second;
  });

  test('what was wanted and given up again while its UNSUBSCRIBE is under way is known until that is refused', async () => {
    const interest = new Interest(linger);
    await subscribed(interest, 'a');
    interest.unwant('a', 0);
    interest.next(linger);
    void interest.want('a', 'a');
    interest.unwant('a', linger);
    interest.refuse(linger);
    assert.equal(interest.due, 2 * linger);
  });

  test('close rejects whoever waits, then and later', async () => {
    const interest = new Interest(linger);
    const waiting = interest.want('a', 'a');
    interest.close(new Error('closed'));
    await assert.rejects(waiting, /closed/);
    await assert.rejects(interest.want('b', 'b'), /closed/);
  });
});
