import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PublishReplies, wrapping } from '../src/resp.js';

describe('wrapping', () => {
  test('writes a command up to its payload, and what comes after it', () => {
    assert.deepEqual(wrapping(['PUBLISH', 'user:u1'], 5), {
      head: '*3\r\n$7\r\nPUBLISH\r\n$7\r\nuser:u1\r\n$5\r\n',
      tail: '\r\n',
    });
    assert.equal(wrapping(['SET', 'key'], 5, ['PX', '10']).tail, '\r\n$2\r\nPX\r\n$2\r\n10\r\n');
  });
});

describe('PublishReplies', () => {
  test('counts replies wherever the stream is cut', () => {
    const stream = ':1\r\n:0\r\n:12\r\n:0\r\n:10\r\n';
    for (let cut = 0; cut <= stream.length; cut++) {
      const replies = new PublishReplies();
      replies.push(stream.slice(0, cut));
      replies.push(stream.slice(cut));
      assert.deepEqual([replies.count, replies.unheard, replies.refusal], [5, 2, undefined], `cut at ${cut}`);
    }
  });

  test('counts the answers of a script that keeps', () => {
    const replies = new PublishReplies();
    replies.push('*2\r\n:1\r\n$4\r\n17-1\r\n*2\r\n:0\r\n$4\r\n17-2\r\n');
    assert.deepEqual([replies.count, replies.unheard, replies.refusal], [2, 1, undefined]);
  });

  test('keeps the first refusal', () => {
    const replies = new PublishReplies();
    replies.push(':1\r\n-NOPERM no\r\n-ERR other\r\n');
    assert.equal(replies.refusal, '-NOPERM no');
  });
});
