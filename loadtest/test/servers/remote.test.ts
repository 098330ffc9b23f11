import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { jsonProtocol } from '@tabcast/shared';
import { type RemoteOptions, remoteTabcast } from '../../src/servers/remote.js';

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

  describe('that listen', () => {
    let server: Server;
    let url: string;
    let metrics = 'process_cpu_seconds_total 2\nprocess_resident_memory_bytes 3\n';

    before(async () => {
      server = createServer(({ url }, response) => response.end(url === '/metrics' ? metrics : '{}'));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    });

    after(() => server.close());

    test('need no more than a URL for anonymous tabs, and say what sending needs', async () => {
      const target = await remoteTabcast({ urls: [`ws://${url}`] });
      assert.deepEqual(target.tab({ user: 'ann' }).protocols, [jsonProtocol]);
      await assert.rejects(target.way([{ all: true }], 100), {
        ...{ name: 'RangeError', message: /^--api: expected, because this sends$/ },
      });
    });

    test('may be silent about what they use, but not at first', async () => {
      const options = { urls: [`ws://${url}`], metrics: [`http://${url}/metrics`] };
      const target = await remoteTabcast(options);
      const [usage] = await target.usage();
      assert.deepEqual(usage, { name: `gateway ${url}`, role: 'gateway', cpuMicros: 2e6, residentBytes: 3 });
      metrics = '';
      assert.deepEqual(await target.usage(), []);
      await assert.rejects(remoteTabcast(options), /has no process_cpu_seconds_total/);
    });

    test('send nothing to users whose tabs would be anonymous', async () => {
      const target = await remoteTabcast({ urls: [`ws://${url}`], apis: [`http://${url}`], apiKey: 'key' });
      const lot = { batch: 1, lanes: 1 };
      assert.deepEqual(target.api!([{ all: true }], lot).targets, [{ all: true }]);
      assert.throws(() => target.api!([{ user: 'ann' }], lot), /^RangeError: --token-secret: expected, /);
      await assert.rejects(target.way([{ user: 'ann' }], 100), /^RangeError: --token-secret: expected, /);
    });
  });

  test('that cannot be reached are named', async () => {
    await assert.rejects(remoteTabcast({ urls: [`ws://${nowhere}`] }), {
      message: /^127\.0\.0\.1:1, where tabs connect, cannot be reached: .*ECONNREFUSED/,
    });
  });
});
