import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Sequence } from '../../src/fanout/sequence.js';

describe('the sequence of a channel', () => {
  const bytes = Buffer.from('{}');
  let sequence: Sequence;
  /** What is released after a reading, by position. */
  const released = () => {
    const positions = [...sequence.release()].map(({ position }) => position);
    sequence.settle();
    return positions;
  };

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
      assert.deepEqual([released(), sequence.behind], [[], true]);
      sequence.begin();
      assert.deepEqual([released(), sequence.behind], [[], false]);
    }
  });

  test('what has come and is in no history is lost, if a reading that began later does not show it either', () => {
    const shown = () => [[...sequence.release()].length, sequence.settle()];
    for (const position of ['8-4', '6-4', '7-9', 'nonsense']) {
      sequence.take(bytes, position);
      sequence.begin();
      assert.deepEqual(shown(), [0, true]);
      for (let page = 0; page < 2; page++) sequence.begin();
      assert.deepEqual(shown(), [0, false]);
      sequence.begin();
      assert.deepEqual(shown(), [0, true]);
    }
    sequence.take(bytes, '7-5');
    sequence.begin();
    assert.deepEqual(shown(), [0, true]);
    sequence.begin();
    for (const position of ['7-4', '7-5']) sequence.reach(position);
    assert.deepEqual(shown(), [0, true]);
  });

  test('what is lost together with what history has lost is not told once more', () => {
    sequence.take(bytes, '8-4');
    sequence.begin();
    assert.deepEqual(released(), []);
    sequence.begin();
    sequence.skipTo('9-2');
    assert.deepEqual([...sequence.release()], []);
    assert.equal(sequence.settle(), true);
  });

  test('what was read does not come again, what is not kept comes in its place', () => {
    for (const position of ['7-5', null, '7-6', '7-7']) sequence.take(bytes, position);
    assert.equal(sequence.begin(), '7-3');
    for (const position of ['7-4', '7-5']) assert.ok(sequence.reach(position));
    assert.deepEqual([released(), sequence.behind], [[null, '7-6', '7-7'], false]);
  });

  test('a gap in what waits wants another reading', () => {
    sequence.take(bytes, '7-5');
    sequence.begin();
    for (const position of ['7-6', '7-8']) sequence.take(bytes, position);
    sequence.moveTo('7-5');
    assert.deepEqual([released(), sequence.behind, sequence.position], [['7-6'], true, '7-6']);
  });

  test('where history begins too late, it goes on with what has waited', () => {
    for (const position of ['8-2', '8-3', null, '8-4', '8-5']) sequence.take(bytes, position);
    sequence.begin();
    sequence.skipTo('8-3');
    assert.equal(sequence.position, '8-1');
    assert.deepEqual([released(), sequence.behind], [['8-2', '8-3', null, '8-4', '8-5'], false]);
  });

  test('where history begins early enough, it goes on there', () => {
    sequence.take(bytes, '7-9');
    sequence.begin();
    sequence.skipTo('7-6');
    assert.deepEqual([sequence.position, sequence.reach('7-7'), sequence.reach('7-7')], ['7-6', true, false]);
  });

  test('what waits of another epoch is read once more', () => {
    for (const position of ['7-5', '9-1', '8-1']) sequence.take(bytes, position);
    sequence.begin();
    sequence.skipTo('8-0');
    assert.deepEqual([released(), sequence.behind], [['8-1'], true]);
  });

  test('what does not fit wants another reading', () => {
    const large = new Uint8Array(900_000);
    sequence.take(large, '7-5');
    sequence.begin();
    for (const position of ['7-6', '7-7']) sequence.take(large, position);
    sequence.moveTo('7-5');
    assert.deepEqual([released(), sequence.behind, sequence.begin()], [[], true, '7-5']);
  });

  test('what is given up makes room for what comes', () => {
    const large = new Uint8Array(900_000);
    sequence.take(large, '7-5');
    sequence.begin();
    sequence.skipTo('8-0');
    assert.deepEqual([released(), sequence.behind], [[], true]);
    sequence.begin();
    sequence.take(large, '8-1');
    assert.deepEqual([released(), sequence.behind], [['8-1'], false]);
  });

  test('what waits is a copy', () => {
    sequence.take(bytes, '7-5');
    sequence.begin();
    const reused = Buffer.from('one');
    sequence.take(reused, null);
    reused.write('two');
    sequence.moveTo('7-5');
    assert.deepEqual(
      [...sequence.release()].map((arrival) => String(Buffer.from(arrival.bytes))),
      ['one'],
    );
  });
});
