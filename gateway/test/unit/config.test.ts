import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/config.js';
import { configFlags, readCommandLine } from '../../src/config/flags.js';
import { problemText } from '../../src/config/problem.js';
import { load, production, read, secret, sources } from './config-given.js';

describe('sources', () => {
  test('later ones win: default, file, environment, flag', () => {
    const file = { 'redis-timeout': 200, 'redis-prefix': 'file', 'max-payload': 2048 };
    const environment = { TABCAST_REDIS_TIMEOUT: '300', TABCAST_REDIS_PREFIX: 'environment' };
    const { config, settings, problems } = read({ file, environment, args: ['--redis-timeout', '400'] });
    assert.deepEqual(problems, []);
    assert.equal(config.redisTimeout, 400);
    assert.equal(config.redisPrefix, 'environment');
    assert.equal(config.maxPayload, 2048);
    assert.equal(config.tokenGrace, 10_000);
    const source = new Map(settings.map((setting) => [setting.name, setting.source]));
    assert.equal(source.get('redis-timeout'), 'flag --redis-timeout');
    assert.equal(source.get('redis-prefix'), 'TABCAST_REDIS_PREFIX');
    assert.equal(source.get('max-payload'), 'tabcast.json, key "max-payload"');
    assert.equal(source.get('token-grace'), null);
  });

  test('flags are written with a space or =, switches positive or negative, lists repeated', () => {
    const args = [
      '--token-issuer=a=b',
      '--redis-prefix=b',
      '--redis-prefix',
      'c',
      '--anonymous',
      '--no-token-query',
    ];
    const lists = ['--origins', 'https://a.example,https://b.example', '--origins', 'https://c.example'];
    const { config } = read({ args: [...args, ...lists], environment: { TABCAST_TOKEN_QUERY: 'true' } });
    assert.equal(config.tokenIssuer, 'a=b');
    assert.equal(config.redisPrefix, 'c');
    assert.equal(config.anonymous, true);
    assert.equal(config.tokenQuery, false);
    assert.deepEqual(config.origins, ['https://a.example', 'https://b.example', 'https://c.example']);
  });

  test('after -- everything is a word', () => {
    const { words, flags, problems } = readCommandLine(['a', '--anonymous', '-5', '--', '--b'], configFlags);
    assert.deepEqual(words, ['a', '-5', '--b']);
    assert.deepEqual([...flags.keys()], ['anonymous']);
    assert.deepEqual(problems, []);
  });

  test('an empty environment variable counts as not set, other programs’ variables are ignored', () => {
    const environment = { TABCAST_MAX_PAYLOAD: '', TABCAST_UNKNOWN: '', PATH: '/bin' };
    const { config, problems } = read({ environment, file: { 'max-payload': 2048 } });
    assert.deepEqual(problems, []);
    assert.equal(config.maxPayload, 2048);
  });

  test('a file may write values as JSON or as text, and items of an array may contain commas', () => {
    const file = {
      'public-port': '80',
      anonymous: true,
      origins: 'https://a.example',
      'token-audiences': ['a,b'],
    };
    const { config, problems } = read({ file });
    assert.deepEqual(problems, []);
    assert.equal(config.publicPort, 80);
    assert.equal(config.anonymous, true);
    assert.deepEqual(config.origins, ['https://a.example']);
    assert.deepEqual(config.tokenAudiences, ['a,b']);
  });

  test('development mode has defaults of its own', () => {
    const { config } = read({ environment: { TABCAST_MODE: 'development' } });
    assert.equal(config.publicHost, '127.0.0.1');
    assert.equal(config.tokenQuery, true);
    assert.equal(config.logLevel, 'warn');
    assert.equal(read({ args: ['--mode', 'development', '--no-token-query'] }).config.tokenQuery, false);
  });

  test('the outcome is frozen, lists too', () => {
    const { config } = read({ environment: production });
    assert.ok(Object.isFrozen(config));
    assert.ok(Object.isFrozen(config.origins));
    assert.ok(Object.isFrozen(config.tokenKeyFiles));
  });

  test('variables that Kubernetes sets for a Service of our name are ignored with a warning', () => {
    const environment = {
      TABCAST_PUBLIC_PORT: 'tcp://10.0.0.1:8080',
      TABCAST_PUBLIC_SERVICE_HOST: '10.0.0.1',
      TABCAST_SERVICE_PORT_HTTP: '8080',
      TABCAST_PUBLIC_PORT_8080_TCP_ADDR: '10.0.0.1',
      TABCAST_INTERNAL_PORT: '9000',
    };
    const { config, problems, warnings } = read({ environment });
    assert.deepEqual(problems, []);
    assert.equal(config.publicPort, 8080);
    assert.equal(config.internalPort, 9000);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /TABCAST_PUBLIC_PORT, .*enableServiceLinks/);
    assert.doesNotMatch(warnings[0]!, /TABCAST_INTERNAL_PORT/);
  });
});

describe('problems', () => {
  test('of all sources come at once, with place, expectation and what was given', () => {
    const { problems } = load({
      file: { 'redis-timeot': 1, 'max-payload': 12, origins: [{}], handlers: null },
      environment: { ...production, TABCAST_REDS_URL: 'x', TABCAST_IDLE_TIMEOUT: '41' },
      args: ['--public-port', '8081', '--token-grace', 'soon', '--mode=production'],
    });
    assert.deepEqual(problems, [
      'tabcast.json, key "redis-timeot": expected the name of an option; did you mean redis-timeout?',
      'tabcast.json, key "origins": expected an array of strings, given an array',
      'tabcast.json, key "handlers": expected a path, or empty, given null',
      'TABCAST_REDS_URL: expected the name of an option; did you mean TABCAST_REDIS_URL?',
      'tabcast.json, key "max-payload": expected an integer from 1024 to 1048576 bytes, given "12"',
      'TABCAST_IDLE_TIMEOUT: expected an integer from 8 to 40 s, a multiple of 4, given "41"',
      'flag --token-grace: expected an integer from 0 to 300000 ms, given "soon"',
      'public-host, flag --public-port, internal-host, internal-port: ' +
        'expected different ports, or different addresses to listen on, given 8081 for both',
    ]);
  });

  test('of a list name the item', () => {
    const { problems } = read({ args: ['--origins', 'https://a.example,https://b.example/,c'] });
    assert.deepEqual(
      problems.map(({ where, given }) => [where, given]),
      [
        ['flag --origins, item 2', '"https://b.example/"'],
        ['flag --origins, item 3', '"c"'],
      ],
    );
  });

  test('of a value are told even where a later source overrides it', () => {
    const { problems } = read({ environment: { TABCAST_PUBLIC_PORT: 'x' }, args: ['--public-port', '80'] });
    assert.deepEqual(problems.map(problemText), [
      'TABCAST_PUBLIC_PORT: expected a port from 0 to 65535, where 0 means any free one, given "x"',
    ]);
  });

  test('of flags: unknown ones with a suggestion, missing values, and no negative but of switches', () => {
    const args = ['--redis-urll', 'x', '--no-anonymus', '--frobnicate', '--no-origins', '--redis-url'];
    const { problems, words } = readCommandLine(args, configFlags);
    assert.deepEqual(words, []);
    assert.deepEqual(problems.map(problemText), [
      'flag --redis-urll: expected a known flag; did you mean --redis-url?',
      'flag --no-anonymus: expected a known flag; did you mean --no-anonymous?',
      'flag --frobnicate: expected a known flag',
      'flag --no-origins: expected a known flag; did you mean --origins?',
      'flag --redis-url: expected a value after it, given none',
    ]);
  });

  test('of the file: not readable, not JSON, no object', () => {
    const missing = loadConfig({
      ...sources({ environment: production, args: ['--config', 'gone.json'] }),
      readFile() {
        throw Object.assign(new Error(), { code: 'ENOENT' });
      },
    });
    assert.deepEqual(missing.problems.map(problemText), [
      'flag --config "gone.json": expected a file that can be read, given ENOENT',
    ]);
    const given = (file: string) => load({ environment: production, file }).problems;
    assert.deepEqual(given(`{"token-secrets": ${secret}}`), [
      'flag --config "tabcast.json": expected a JSON object, given a file that is not JSON',
    ]);
    assert.deepEqual(given('[]'), ['flag --config "tabcast.json": expected a JSON object, given an array']);
  });

  test('a key of the file that every object inherits is no option', () => {
    const { problems } = read({ file: '{"__proto__": {"mode": "x"}, "constructor": 1}' });
    assert.deepEqual(
      problems.map(({ where }) => where),
      ['tabcast.json, key "__proto__"', 'tabcast.json, key "constructor"'],
    );
  });
});
