import assert from 'node:assert/strict';
import { test } from 'node:test';
import { post } from '../../peers/http-way.js';

test('a post has the length of what stands in its body', () => {
  const text = 'x'.repeat(96);
  const body = { head: '{"channel":"all","data":"', tail: '"}' };
  const { head, tail } = post('/publish?id=all', text.length, ['X-Key: k'], body);
  const [request, sent] = (head + text + tail).split('\r\n\r\n') as [string, string];
  assert.match(request, /^POST \/publish\?id=all HTTP\/1\.1\r\n/);
  assert.match(request, /\r\nX-Key: k\r\n/);
  assert.equal(Number(/Content-Length: (\d+)$/.exec(request)?.[1]), sent.length);
  assert.deepEqual(JSON.parse(sent), { channel: 'all', data: text });
});
