import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Batch } from '../../src/broker/redis/batch.js';

describe('Batch', () => {
  let sent: number[][];
  let answer: (items: readonly number[]) => Promise<readonly (string | Error)[]>;
  let batch: Batch<number, string>;

  beforeEach(() => {
    sent = [];
    answer = async (items) => items.map(String);
    batch = new Batch(3, (items) => {
      sent.push([...items]);
      return answer(items);
    });
  });

  const add = (...items: number[]) => items.map((item) => batch.add(item));

  test('sends in order what has come since the last flush, in pieces, and answers each', async () => {
    const answers = add(1, 2, 3, 4);
    assert.deepEqual(sent, []);
    batch.flush();
    batch.flush();
    const later = add(5);
    batch.flush();
    assert.deepEqual(sent, [[1, 2, 3], [4], [5]]);
    assert.deepEqual(await Promise.all([...answers, ...later]), ['1', '2', '3', '4', '5']);
  });

  test('says of each piece whether another command follows it, but not of those that are alone in each', () => {
    const followed = (most: number, isFollowed: boolean) => {
      const seen: boolean[] = [];
      const pieces = new Batch<number, number>(most, async (items, isFollowed) => {
        seen.push(isFollowed);
        return items;
      });
      for (const item of [1, 2, 3, 4]) void pieces.add(item);
      pieces.flush(isFollowed);
      return seen;
    };
    assert.deepEqual(followed(3, false), [true, false]);
    assert.deepEqual(followed(3, true), [true, true]);
    assert.deepEqual(followed(1, false), [false, false, false, false]);
    assert.deepEqual(followed(1, true), [true, true, true, true]);
  });

  test('rejects one alone with what went wrong with it', async () => {
    answer = async (items) => items.map((item) => (item === 2 ? new Error('not this one') : String(item)));
    const [first, second, third] = add(1, 2, 3);
    batch.flush();
    await assert.rejects(second!, /not this one/);
    assert.deepEqual(await Promise.all([first, third]), ['1', '3']);
  });

  test('rejects all of a piece with what went wrong with it, and no other piece', async () => {
    answer = async (items) => {
      if (items.includes(1)) throw new Error('gone');
      return items.map(String);
    };
    const [first, second, third, fourth] = add(1, 2, 3, 4);
    batch.flush();
    for (const lost of [first, second, third]) await assert.rejects(lost!, /gone/);
    assert.equal(await fourth, '4');
  });
});
