import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Replies } from '../../src/sending/replies.js';

/** What is read of a conversation, wherever it is cut in two. */
function eachCut(kind: 'redis' | 'http', said: string, check: (replies: Replies, cut: string) => void): void {
  for (let cut = 0; cut <= said.length; cut++) {
    const replies = new Replies(kind);
    const stream = replies.stream();
    stream.push(said.slice(0, cut));
    stream.push(said.slice(cut));
    check(replies, `cut at ${cut}`);
  }
}

describe('replies of Redis', () => {
  test('are counted wherever the stream is cut', () => {
    eachCut('redis', ':1\r\n:0\r\n:12\r\n:0\r\n:10\r\n', ({ count, unheard, refusal }, cut) =>
      assert.deepEqual([count, unheard, refusal], [5, 2, undefined], cut),
    );
  });

  test('are counted where a script keeps what is published', () => {
    eachCut(
      'redis',
      '*2\r\n:1\r\n$4\r\n17-1\r\n*2\r\n:0\r\n$4\r\n17-2\r\n',
      ({ count, unheard, refusal }, cut) =>
        assert.deepEqual([count, unheard, refusal], [2, 1, undefined], cut),
    );
  });

  test('tell the first refusal', () => {
    eachCut('redis', ':1\r\n-NOPERM no\r\n-ERR other\r\n', ({ count, refusal }, cut) =>
      assert.deepEqual([count, refusal], [3, '-NOPERM no'], cut),
    );
  });

  test('of several connections are not mixed up', () => {
    const replies = new Replies('redis');
    const [one, other] = [replies.stream(), replies.stream()];
    one.push(':1');
    other.push(':0\r');
    one.push('7\r\n');
    other.push('\n');
    assert.deepEqual([replies.count, replies.unheard], [2, 1]);
  });
});

describe('responses of HTTP', () => {
  const response = (status: string, body: string) =>
    `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  test('are counted wherever the stream is cut, with a body or without', () => {
    const said =
      response('201 Created', 'queued') + response('202 Accepted', '') + response('200 OK', '{}\r\n');
    eachCut('http', said, ({ count, refusal }, cut) =>
      assert.deepEqual([count, refusal], [3, undefined], cut),
    );
  });

  test('tell the first refusal', () => {
    eachCut(
      'http',
      response('200 OK', '') + response('403 Forbidden', '') + response('500 Oops', ''),
      (replies, cut) => assert.deepEqual([replies.count, replies.refusal], [3, '403 Forbidden'], cut),
    );
  });
});
