import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, production } from './config-given.js';

describe('relations', () => {
  test('production needs keys for tokens, an API key and origins', () => {
    assert.deepEqual(load({}).problems, [
      'token-secrets, token-key-files, token-jwks-url: expected at least one of them in production, ' +
        'to verify tokens with, given none',
      'api-keys: expected at least one key in production, given none',
      'origins: expected the origins of your pages in production, or * for any, given none',
    ]);
  });

  test('production is content with any one way to verify tokens', () => {
    const { TABCAST_TOKEN_SECRETS: _, ...rest } = production;
    for (const environment of [
      production,
      { ...rest, TABCAST_TOKEN_KEY_FILES: 'a.pem' },
      { ...rest, TABCAST_TOKEN_JWKS_URL: 'https://id.example/keys' },
    ])
      assert.deepEqual(load({ environment }), { ...load({ environment }), problems: [], warnings: [] });
  });

  test('production wants long API keys, development does not', () => {
    const short = { ...production, TABCAST_API_KEYS: `${'k'.repeat(32)},${'k'.repeat(31)}` };
    assert.deepEqual(load({ environment: short }).problems, [
      'TABCAST_API_KEYS: expected at least 32 characters in each key in production, given *** (31 characters)',
    ]);
    assert.deepEqual(load({ environment: { ...short, TABCAST_MODE: 'development' } }).problems, []);
  });

  test('development needs nothing, but listens on loopback only', () => {
    assert.deepEqual(load({ args: ['--mode', 'development'] }).problems, []);
    for (const host of ['localhost', '::1', '127.1.2.3'])
      assert.deepEqual(load({ args: ['--mode=development', '--public-host', host] }).problems, []);
    assert.deepEqual(
      load({ args: ['--mode=development', '--public-host=0.0.0.0', '--internal-host=10.0.0.1'] }).problems,
      [
        'flag --public-host: expected a loopback address in development, such as 127.0.0.1, given 0.0.0.0',
        'flag --internal-host: expected a loopback address in development, such as 127.0.0.1, given 10.0.0.1',
      ],
    );
  });

  test('the two ports may only be one where the addresses are surely apart', () => {
    const ports = (port: string, publicHost: string, internalHost: string) =>
      load({
        environment: production,
        args: [
          ...['--public-port', port, '--internal-port', port],
          ...['--public-host', publicHost, '--internal-host', internalHost],
        ],
      }).problems.length;
    assert.equal(ports('9000', '0.0.0.0', '127.0.0.1'), 1);
    assert.equal(ports('9000', '10.0.0.1', '::'), 1);
    assert.equal(ports('9000', '127.0.0.1', 'localhost'), 1);
    assert.equal(ports('9000', '10.0.0.1', '10.0.0.1'), 1);
    assert.equal(ports('9000', '10.0.0.1', '10.0.0.2'), 0);
    assert.equal(ports('0', '0.0.0.0', '0.0.0.0'), 0);
  });

  test('an authority for Redis wants an encrypted connection', () => {
    const ca = (url: string) =>
      load({ environment: { ...production, TABCAST_REDIS_CA_FILE: 'ca.pem', TABCAST_REDIS_URL: url } })
        .problems;
    assert.equal(ca('redis://localhost').length, 1);
    assert.deepEqual(ca('rediss://localhost'), []);
  });

  test('a certificate and its key come together', () => {
    const tls = (...args: string[]) => load({ environment: production, args }).problems;
    assert.deepEqual(tls('--tls-cert-file', 'a.pem'), [
      'flag --tls-cert-file, tls-key-file: expected both or none of them, given one',
    ]);
    assert.equal(tls('--tls-key-file', 'a.pem').length, 1);
    assert.deepEqual(tls('--tls-cert-file', 'a.pem', '--tls-key-file', 'a.pem'), []);
  });

  test('an open network wants TLS from the gateway or from a proxy; this machine does not', () => {
    const warnings = (...args: string[]) =>
      load({ environment: { ...production, TABCAST_TRUSTED_PROXIES: '' }, args }).warnings.length;
    assert.equal(warnings(), 1);
    assert.equal(warnings('--tls-cert-file', 'a.pem', '--tls-key-file', 'a.pem'), 0);
    assert.equal(warnings('--trusted-proxies', '10.0.0.1'), 0);
    assert.equal(warnings('--public-host', '127.0.0.1'), 0);
  });

  test('a tab can name all the groups that it may be in when it comes back', () => {
    const warnings = (...args: string[]) => load({ environment: production, args }).warnings;
    assert.deepEqual(warnings('--max-groups', '600'), []);
    assert.match(
      warnings('--max-groups', '1000')[0]!,
      /max-payload, flag --max-groups: a tab that comes back/,
    );
    assert.deepEqual(warnings('--max-groups', '1000', '--max-payload', '131072'), []);
    assert.equal(warnings('--max-payload', '1024').length, 1);
  });

  test('are not looked at when an option in them could not be read', () => {
    const broken = { TABCAST_API_KEYS: 'a b', TABCAST_TOKEN_SECRETS: 'short', TABCAST_ORIGINS: 'a' };
    assert.equal(load({ environment: broken }).problems.length, 3);
    assert.equal(load({ environment: { TABCAST_MODE: 'x' } }).problems.length, 1);
  });

  test('doubtful ones warn', () => {
    const environment = {
      ...production,
      TABCAST_ORIGINS: '*',
      TABCAST_TOKEN_QUERY: 'true',
      TABCAST_REDIS_URL: '',
      TABCAST_TRUSTED_PROXIES: '',
      TABCAST_MAX_TABS_PER_ADDRESS: '5',
    };
    const { problems, warnings } = load({ environment });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      warnings.map((warning) => warning.split(':')[0]),
      [
        ...['TABCAST_ORIGINS', 'TABCAST_TOKEN_QUERY', 'redis-url'],
        'tls-cert-file, trusted-proxies, public-host',
        'TABCAST_MAX_TABS_PER_ADDRESS, trusted-proxies, tls-cert-file',
      ],
    );
    assert.deepEqual(load({ environment: { ...environment, TABCAST_MODE: 'development' } }).warnings, []);
  });

  test('whoever trusts every address is told', () => {
    const trusting = (...networks: string[]) =>
      load({ environment: { ...production, TABCAST_TRUSTED_PROXIES: networks.join() } }).warnings;
    assert.deepEqual(trusting('10.0.0.0/8'), []);
    for (const everyone of ['0.0.0.0/0', '::/0'])
      assert.match(trusting('10.0.0.1', everyone).join(), /^TABCAST_TRUSTED_PROXIES: .* pretend/);
  });

  test('several workers need a Redis to meet, and no development', () => {
    const several = { ...production, TABCAST_WORKERS: '2' };
    assert.deepEqual(load({ environment: several }).problems, []);
    assert.deepEqual(load({ environment: { ...several, TABCAST_REDIS_URL: '' } }).problems, [
      'TABCAST_WORKERS, redis-url: expected a redis-url where there are several workers, or they would not hear of each other, given none',
    ]);
    assert.deepEqual(load({ environment: { ...several, TABCAST_MODE: 'development' } }).problems, [
      'TABCAST_WORKERS: expected 1 in development, given 2',
    ]);
  });
});
