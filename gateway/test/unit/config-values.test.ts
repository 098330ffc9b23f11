import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, test } from 'node:test';
import { memberName, type OptionName, optionNames, options, variableName } from '../../src/config/options.js';
import { read } from './config-given.js';

const secret = 's'.repeat(32);

/** What each option makes of a text in the environment, and texts that it refuses. */
const cases: Record<OptionName, { good: [text: string, value: unknown][]; bad: string[] }> = {
  mode: { good: [['development', 'development']], bad: ['dev', 'Production'] },
  'public-host': {
    good: [
      ['::', '::'],
      ['10.0.0.1', '10.0.0.1'],
      ['gateway-1.internal', 'gateway-1.internal'],
    ],
    bad: ['300.1.1.1', 'http://a', 'a b', '-a', '10.0.0.1:80'],
  },
  'public-port': {
    good: [
      ['0', 0],
      ['65535', 65_535],
    ],
    bad: ['65536', '-1', '80.5', '0x50', '1e3', ' 80'],
  },
  'internal-host': { good: [['localhost', 'localhost']], bad: ['*'] },
  'internal-port': { good: [['9000', 9000]], bad: ['http'] },
  origins: {
    good: [
      ['https://a.example, http://b.example:8080', ['https://a.example', 'http://b.example:8080']],
      ['*', ['*']],
      ['capacitor://localhost,https://[::1]:8443', ['capacitor://localhost', 'https://[::1]:8443']],
    ],
    bad: [
      'https://a.example/',
      'https://A.example',
      'https://a.example:443',
      'https://*.example',
      'a.example',
      'null',
      'https://a.example/path',
      'https://u@a.example',
    ],
  },
  'redis-url': {
    good: [
      ['redis://localhost', 'redis://localhost'],
      ['rediss://u:p%40w@[::1]:6380/2', 'rediss://u:p%40w@[::1]:6380/2'],
      ['redis://:pw@h', 'redis://:pw@h'],
      same('redis+sentinel://a/main'),
      same('rediss+sentinel://u:p%40w@a:26379,[::1]:26380,c/main/2'),
    ],
    bad: [
      'localhost:6379',
      'http://h',
      'redis://',
      'redis://pw@h',
      'redis://h/x',
      'redis://h?password=x',
      'redis://:p%zz@h',
      'redis://a,b',
      'redis+sentinel://a',
      'redis+sentinel://a/',
      'redis+sentinel://a,/main',
      'redis+sentinel://a/main/x',
      'redis+sentinel://a/main/0/0',
      'redis+sentinel://a:99999/main',
    ],
  },
  'redis-prefix': {
    good: [['Shop_1.a-b', 'Shop_1.a-b'], same('p'.repeat(64))],
    bad: ['a:b', 'p'.repeat(65), '{a}'],
  },
  'redis-ca-file': { good: [same('/etc/ca.pem')], bad: [] },
  'redis-sentinel-password': { good: [same('s')], bad: [] },
  'redis-timeout': range(100, 30_000),
  'redis-probe-interval': range(100, 60_000),
  'history-user-size': range(0, 10_000),
  'history-user-age': range(1, 604_800),
  'history-group-size': range(0, 10_000),
  'history-group-age': range(1, 604_800),
  'history-registered-size': range(0, 10_000),
  'history-registered-age': range(1, 604_800),
  'history-all-size': range(0, 10_000),
  'history-all-age': range(1, 604_800),
  'token-secrets': {
    good: [
      [`${secret},${secret}x`, [secret, `${secret}x`]],
      ['ä'.repeat(16), ['ä'.repeat(16)]],
    ],
    bad: ['s'.repeat(31), `${secret},short`],
  },
  'token-key-files': { good: [['a.pem,b.pem', ['a.pem', 'b.pem']]], bad: [] },
  'token-jwks-url': {
    good: [
      same('https://id.example/keys?v=1'),
      same('http://127.0.0.1:8000/keys'),
      [...same('http://[::1]/keys')],
    ],
    bad: [
      'http://id.example/keys',
      'ftp://a',
      'https:a',
      'https://u:p@id.example',
      'http://127.0.0.1.evil.example',
    ],
  },
  'token-jwks-max-stale': range(0, 2_592_000),
  'token-issuer': { good: [same('https://id.example/')], bad: [] },
  'token-audiences': { good: [['a,,b,', ['a', 'b']]], bad: [] },
  'token-clock-tolerance': range(0, 60),
  'token-cache-size': range(0, 1_000_000),
  'revocation-ttl': range(60, 31_536_000),
  'offline-delay': range(1500, 600_000),
  'token-cookie': { good: [same('__Host-token')], bad: ['a b', 'a=b', 'a;b', 'ä'] },
  'token-query': trueOrFalse(),
  anonymous: trueOrFalse(),
  'auth-timeout': range(500, 60_000),
  'token-grace': range(0, 300_000),
  'max-payload': range(1024, 1_048_576),
  'max-backpressure': range(65_536, 16_777_216),
  'idle-timeout': { good: range(8, 40).good, bad: [...range(8, 40).bad, '10', '44', '4'] },
  compression: trueOrFalse(),
  'limits-dry-run': trueOrFalse(),
  'drain-lame-duck': range(0, 300_000),
  'drain-window': range(0, 3_600_000),
  rebalance: trueOrFalse(),
  'max-age': range(0, 604_800),
  'api-keys': { good: [['a,b', ['a', 'b']]], bad: ['a b', 'ä', 'a\nb'] },
  'api-body-limit': range(1024, 16_777_216),
  'idempotency-ttl': range(1, 86_400),
  'membership-ttl': range(1, 31_536_000),
  workers: {
    good: [
      ['1', 1],
      ['64', 64],
      ['auto', Math.min(availableParallelism(), 64)],
    ],
    bad: ['0', '65', 'all', '1.5'],
  },
  handlers: { good: [same('./handlers.js')], bad: [] },
  'tls-cert-file': { good: [same('/etc/tls.crt')], bad: [] },
  'tls-key-file': { good: [same('/etc/tls.key')], bad: [] },
  'trusted-proxies': {
    good: [['10.0.0.0/8,::1, 192.168.1.7', ['10.0.0.0/8', '::1', '192.168.1.7']]],
    bad: ['10.0.0.0/33', 'proxy.example', '10.0.0', '*'],
  },
  'tab-messages-per-second': range(0, 100_000),
  'tab-bytes-per-second': range(0, 1_073_741_824),
  'tab-joins-per-second': range(0, 100_000),
  'max-groups': range(1, 10_000),
  'max-tabs-per-user': range(0, 100_000),
  'max-tabs-policy': { good: [same('close-oldest')], bad: ['oldest'] },
  'stall-timeout': range(1000, 300_000),
  'latest-channels': { good: [['all,group', ['all', 'group']]], bad: ['user:42'] },
  'max-tabs': range(0, 10_000_000),
  'max-tabs-per-address': range(0, 1_000_000),
  'handshake-rate': range(0, 100_000),
  'handshake-burst': range(1, 100_000),
  'max-lag': range(0, 60_000),
  'log-level': { good: [same('silent')], bad: ['verbose'] },
  'webhook-url': {
    good: [same('https://app.example/hook?x=1'), same('http://10.0.0.1:8000/')],
    bad: [
      'app.example',
      'ftp://app.example',
      'https://',
      'https://u:p@app.example',
      'https://app.example/#x',
    ],
  },
  'webhook-secrets': {
    good: [
      [webhookSecret(24), [webhookSecret(24)]],
      [webhookSecret(64), [webhookSecret(64)]],
    ],
    bad: [webhookSecret(23), webhookSecret(65), webhookSecret(24).slice(6), 'whsec_', 'whsec_?'],
  },
  'webhook-events': {
    good: [
      ['connect,action,disconnect,online,offline', ['connect', 'action', 'disconnect', 'online', 'offline']],
    ],
    bad: ['connected', 'action,all'],
  },
  'webhook-timeout': range(100, 30_000),
  'webhook-concurrency': range(2, 1024),
  'webhook-queue': range(10, 100_000),
  'webhook-body-limit': range(1024, 1_048_576),
  'webhook-private-networks': trueOrFalse(),
};

describe('values of options', () => {
  for (const name of optionNames) {
    const variable = variableName(name);

    test(`${name} takes what it should`, () => {
      for (const [text, value] of cases[name].good) {
        const { config, problems } = read({ environment: { [variable]: text } });
        assert.deepEqual(problems, []);
        assert.deepEqual(config[memberName(name)], value);
      }
    });

    // Any text is a path or an issuer.
    if (cases[name].bad.length === 0) continue;
    test(`${name} refuses the rest, says what was expected and stays at its default`, () => {
      for (const text of cases[name].bad) {
        const { config, problems } = read({ environment: { [variable]: text } });
        assert.equal(problems.length, 1, `accepted ${text}`);
        assert.match(problems[0]!.where, new RegExp(`^${variable}(, item \\d)?$`));
        assert.equal(problems[0]!.expected, options[name].kind.expected);
        assert.deepEqual(config[memberName(name)], options[name].default);
      }
    });
  }

  test('every default is itself acceptable', () => {
    for (const name of optionNames) {
      const option = options[name];
      for (const value of [option.default, option.development ?? option.default].flat())
        assert.deepEqual(option.kind.read(String(value)), value, name);
    }
  });
});

function webhookSecret(bytes: number): string {
  return `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;
}

function same(text: string): [string, string] {
  return [text, text];
}

function range(from: number, to: number) {
  const good: [string, number][] = [
    [`${from}`, from],
    [`${to}`, to],
  ];
  return { good, bad: [`${from - 1}`, `${to + 1}`, `${from}.5`, 'ten', `${from}ms`] };
}

function trueOrFalse() {
  const good: [string, boolean][] = [
    ['true', true],
    ['false', false],
  ];
  return { good, bad: ['yes', '1', 'TRUE'] };
}
