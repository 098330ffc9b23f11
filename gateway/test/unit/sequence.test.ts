import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Sequence } from '../../src/fanout/sequence.js';

describe('the sequence of a channel', () => {
  const bytes = Buffer.from('{}');
  let sequence: Sequence;
  /** What has been released, by position. */
  const released = () => [...sequence.release()].map(({ position }) => position);

  beforeEach(() => {
    sequence = new Sequence();
    assert.equal(sequence.begin(), undefined);
    sequence.moveTo('7-3');
    assert.deepEqual([released(), sequence.behind], [[], false]);
  });

  test('takes the next one, knows what it has seen, and finds a gap', () => {
    assert.deepEqual(
      ['7-4', '7-4', '7-2', null, '7-5'].map((position) => sequence.take(bytes, position)),
      ['next', 'seen', 'seen', 'next', 'next'],
    );
    assert.equal(sequence.position, '7-5');
    assert.equal(sequence.take(bytes, '7-7'), 'gap');
    assert.deepEqual(
      [sequence.behind, sequence.take(bytes, '7-8'), sequence.position],
      [true, 'kept', '7-5'],
    );
  });

  test('what is of another epoch, or no position at all, is a gap', () => {
    for (const position of ['8-4', '6-4', 'nonsense']) {
      assert.equal(sequence.take(bytes, position), 'gap');
      sequence.begin();
      assert.deepEqual([released(), sequence.behind], [[], false]);
    }
  });

  test('what came before a reading began is in it, but for what is not kept', () => {
    sequence.take(bytes, '7-5');
    sequence.take(bytes, null);
    sequence.take(bytes, '7-6');
    assert.equal(sequence.begin(), '7-3');
    sequence.take(bytes, '7-7');
    sequence.moveTo('7-6');
    assert.deepEqual([released(), sequence.behind], [[null, '7-7'], false]);
  });

  test('a gap in what waits wants another reading', () => {
    sequence.take(bytes, '7-5');
    sequence.begin();
    for (const position of ['7-6', '7-8']) sequence.take(bytes, position);
    sequence.moveTo('7-5');
    assert.deepEqual([released(), sequence.behind, sequence.position], [['7-6'], true, '7-6']);
  });

  test('what does not fit wants another reading', () => {
    const large = new Uint8Array(900_000);
    sequence.take(large, '7-5');
    sequence.begin();
    for (const position of ['7-6', '7-7']) sequence.take(large, position);
    sequence.moveTo('7-5');
    assert.deepEqual([released(), sequence.behind, sequence.begin()], [['7-6'], true, '7-6']);
  });

  test('what waits is a copy', () => {
    sequence.take(bytes, '7-5');
    sequence.begin();
    const reused = Buffer.from('one');
    sequence.take(reused, null);
    reused.write('two');
    assert.deepEqual(
      [...sequence.release()].map((arrival) => String(Buffer.from(arrival.bytes))),
      ['one'],
    );
  });
});
