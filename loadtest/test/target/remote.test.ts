import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type RemoteOptions, remoteTabcast } from '../../src/target/remote.js';

/** Nobody listens there. */
const nowhere = '127.0.0.1:1';

const wrong: readonly [what: string, options: RemoteOptions, message: RegExp][] = [
  ['no URL', { urls: [] }, /^--url: expected at least one/],
  [
    'a URL of something else',
    { urls: ['http://a'] },
    /^--url: expected a URL that begins with ws:\/\/ or wss:\/\/, got "http:\/\/a"$/,
  ],
  ['no URL at all', { urls: ['gateway:8080'] }, /^--url: expected a URL that begins with ws/],
  [
    'different paths',
    { urls: ['ws://a', 'ws://b/other'] },
    /^--url: expected the same path everywhere, got \/ws and \/other$/,
  ],
  ['an API without its key', { urls: ['ws://a'], apis: ['http://a'] }, /^--api-key: expected beside --api$/],
  ['a key without an API', { urls: ['ws://a'], apiKey: 'key' }, /^--api: expected beside --api-key/],
  [
    'an API with a path',
    { urls: ['ws://a'], apis: ['http://a/v1/send'], apiKey: 'key' },
    /^--api: expected a URL without a path, got "http:\/\/a\/v1\/send"$/,
  ],
  ['metrics that are no URL', { urls: ['ws://a'], metrics: ['/metrics'] }, /^--metrics: expected a URL/],
  [
    'metrics told twice',
    { urls: ['ws://a'], metrics: ['http://a/metrics'], prometheus: 'http://p' },
    /^--prometheus: expected not beside --metrics/,
  ],
];

describe('servers elsewhere', () => {
  for (const [what, options, message] of wrong)
    test(`${what} is refused by the name of the option`, () =>
      assert.rejects(
        remoteTabcast(options),
        (error) => error instanceof RangeError && message.test(error.message),
      ));

  test('that cannot be reached are named', async () => {
    await assert.rejects(remoteTabcast({ urls: [`ws://${nowhere}`] }), {
      message: /^127\.0\.0\.1:1, where tabs connect, cannot be reached: .*ECONNREFUSED/,
    });
  });
});
