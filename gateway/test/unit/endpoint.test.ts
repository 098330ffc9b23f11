import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseEndpoint } from '../../src/broker/redis/endpoint.js';

const plain = {
  ...{ host: 'h', port: 6379, user: '', password: '', database: 0, tls: false },
  ...{ sentinel: undefined, seeds: undefined },
};

describe('the URL of a Redis', () => {
  const readable: [url: string, endpoint: object][] = [
    ['redis://h', plain],
    ['redis://h/', plain],
    ['rediss://h:1/3', { ...plain, port: 1, database: 3, tls: true }],
    ['redis://:p%40w@h', { ...plain, password: 'p@w' }],
    ['redis://u%3A:p@[::1]:7', { ...plain, host: '::1', port: 7, user: 'u:', password: 'p' }],
    [
      'redis+sentinel://u:p@a,b:1,[::1]/main/2',
      {
        ...{ ...plain, host: '', port: 0, user: 'u', password: 'p', database: 2 },
        sentinel: {
          name: 'main',
          hosts: [
            { host: 'a', port: 26379 },
            { host: 'b', port: 1 },
            { host: '::1', port: 26379 },
          ],
        },
      },
    ],
    [
      'rediss+sentinel://a/my%20name',
      {
        ...{ ...plain, host: '', port: 0, tls: true },
        sentinel: { name: 'my name', hosts: [{ host: 'a', port: 26379 }] },
      },
    ],
    [
      'rediss+cluster://u:p@a,[::1]:7000',
      {
        ...{ ...plain, host: '', port: 0, user: 'u', password: 'p', tls: true },
        seeds: [
          { host: 'a', port: 6379 },
          { host: '::1', port: 7000 },
        ],
      },
    ],
  ];
  for (const [url, endpoint] of readable)
    test(url, () => assert.deepEqual({ ...parseEndpoint(url) }, endpoint));

  const unreadable = [
    ...['', 'h', 'http://h', 'redis://', 'redis:///0', 'redis://lonely@h', 'redis://u:@h', 'redis://h/0/1'],
    ...['redis://h/name', 'redis://a,b', 'redis://h?tls=1', 'redis://h#1', 'redis://u:%zz@h', 'redis://h:x'],
    ...['redis+sentinel://a', 'redis+sentinel://a/', 'redis+sentinel://,/main', 'redis+sentinel://a/%zz'],
    ...['redis+cluster://', 'redis+cluster://a,', 'redis+cluster://a/0', 'redis+cluster://a/main'],
  ];
  for (const url of unreadable) test(`not ${url}`, () => assert.equal(parseEndpoint(url), undefined));
});
