import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PublishReplies, publishHead } from '../src/resp.js';

test('publishHead writes a PUBLISH up to its payload', () => {
  assert.equal(publishHead('user:u1', 5), '*3\r\n$7\r\nPUBLISH\r\n$7\r\nuser:u1\r\n$5\r\n');
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

  test('keeps the first refusal', () => {
    const replies = new PublishReplies();
    replies.push(':1\r\n-NOPERM no\r\n-ERR other\r\n');
    assert.equal(replies.refusal, '-NOPERM no');
  });
});
