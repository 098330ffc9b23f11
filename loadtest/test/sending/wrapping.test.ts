import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sendBody } from '../../src/sending/action.js';
import { forgetting } from '../../src/sending/keeping.js';
import { command } from '../../src/sending/redis-command.js';

describe('a text on its way', () => {
  test('stands among the words of a command of Redis', () => {
    assert.deepEqual(command(['PUBLISH', 'user:u1'], 5), {
      head: '*3\r\n$7\r\nPUBLISH\r\n$7\r\nuser:u1\r\n$5\r\n',
      tail: '\r\n',
    });
    assert.equal(command(['SET', 'key'], 5, ['PX', '10']).tail, '\r\n$2\r\nPX\r\n$2\r\n10\r\n');
  });

  test('is published past the gateways as the frame of an action', () => {
    const { head, tail } = forgetting('name', 5);
    const frame = '{"action":"load","details":["hello"]}';
    assert.equal(
      `${head}hello${tail}`,
      `*3\r\n$7\r\nPUBLISH\r\n$4\r\nname\r\n$${frame.length}\r\n${frame}\r\n`,
    );
  });

  test('is the detail of a send', () => {
    const { head, tail } = sendBody({ user: 'a"b' });
    assert.deepEqual(JSON.parse(`${head}hello${tail}`), {
      to: { user: 'a"b' },
      action: 'load',
      details: ['hello'],
    });
  });
});
