import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Standing } from '../../src/fleet/standing.js';

/** In the middle of a read, as frames are. */
function told(take: (bytes: Uint8Array, start: number, end: number) => unknown, frame: unknown): unknown {
  const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
  const bytes = Buffer.from(`…${text}"],"action":"sys/gap"`);
  return take(bytes, 3, 3 + Buffer.byteLength(text));
}

function standing(positions: object, recovered?: object) {
  const page = new Standing();
  const enter = (welcome: unknown) => told((...frame) => page.enter(...frame), welcome);
  const follow = (frame: unknown) => told((...place) => page.follow(...place), frame);
  const lost = enter({ action: 'sys/welcome', details: [{ positions, recovered }] });
  const at = () => page.resume && JSON.parse(page.resume).details[0];
  return { page, enter, follow, lost, at };
}

describe('Standing', () => {
  test('begins with the positions of the welcome, and follows those of frames', () => {
    const { follow, at } = standing({ all: '1-2', 'user:4': '1-5' });
    assert.equal(follow({ at: ['all', '1-3'], action: 'a', details: ['"],"action":"sys/gap"'] }), false);
    assert.equal(follow({ at: ['group:ü "x"', '2-1'], action: 'sys/position', details: [] }), false);
    assert.deepEqual(at(), { all: '1-3', 'user:4': '1-5', 'group:ü "x"': '2-1' });
  });

  test('is told of a gap, and goes on behind it', () => {
    const { follow, at } = standing({ all: '1-2' });
    assert.equal(follow({ at: ['all', '1-9'], action: 'sys/gap', details: [] }), true);
    assert.deepEqual(at(), { all: '1-9' });
  });

  test('stays where it was in channels that are recovered, and takes the new position in others', () => {
    const { enter, at } = standing({ all: '1-2', 'user:4': '1-5' });
    const positions = { all: '1-8', 'user:4': '2-0' };
    const recovered = { all: true, 'user:4': false };
    assert.equal(enter({ action: 'sys/welcome', details: [{ positions, recovered }] }), 1);
    assert.deepEqual(at(), { all: '1-2', 'user:4': '2-0' });
  });

  test('has nothing to resume where a server gives no positions', () => {
    const { page, enter, follow } = standing({});
    assert.equal(enter('0{"sid":"x"}'), 0);
    assert.equal(follow('42["load","x"]'), false);
    assert.equal(page.resume, undefined);
  });
});
