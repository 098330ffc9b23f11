import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Outcome, tabcast } from './cli-process.js';
import { secret } from './config-given.js';

describe('tabcast', () => {
  test('--help and --version answer on standard output', async () => {
    const help = await tabcast(['--help']);
    assert.equal(help.code, 0);
    for (const word of ['start', 'token', 'send', 'config', '78'])
      assert.match(help.out, new RegExp(`\\b${word}\\b`));
    const version = await tabcast(['--version']);
    assert.equal(version.code, 0);
    assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
  });

  test('<command> --help lists its flags, and the options where they matter', async () => {
    const token = await tabcast(['token', '--help']);
    assert.equal(token.code, 0);
    for (const flag of ['user', 'session', 'groups', 'join', 'expires'])
      assert.match(token.out, new RegExp(`--${flag} <`));
    assert.match((await tabcast(['start', '--help'])).out, /--redis-url <value>/);
  });

  test('without a command, or with one that does not exist, exits with 2', async () => {
    const nothing = await tabcast([]);
    assert.equal(nothing.code, 2);
    assert.match(nothing.err, /^Usage:/);
    assert.deepEqual(await tabcast(['tokn']), {
      code: 2,
      out: '',
      err: 'tabcast: there is no command "tokn"; did you mean token? tabcast --help lists them\n',
    });
  });

  test('start lists all problems on standard error and exits with 78', async () => {
    const args = ['start', 'now', '--frobnicate', '--token-secrets', 'short'];
    const { code, out, err } = await tabcast(args, { TABCAST_MAX_PAYLOAD: '1', TABCAST_ORIGINS: '*' });
    assert.equal(code, 78);
    assert.equal(out, '');
    assert.deepEqual(err.split('\n'), [
      'tabcast: 5 problems',
      '  flag --frobnicate: expected a known flag',
      '  tabcast start: expected flags only, given "now"',
      '  TABCAST_MAX_PAYLOAD: expected an integer from 1024 to 1048576 bytes, given "1"',
      '  flag --token-secrets, item 1: expected a secret of at least 32 bytes, given ***',
      '  api-keys: expected at least one key in production, given none',
      '',
    ]);
  });
});

describe('tabcast token', () => {
  const configured = { TABCAST_TOKEN_SECRETS: `${secret},${secret}-old` };

  function claims({ out, err, code }: Outcome): Record<string, unknown> {
    assert.equal(err, '');
    assert.equal(code, 0);
    assert.match(out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    return JSON.parse(Buffer.from(out.split('.')[1]!, 'base64url').toString());
  }

  test('prints a token for an hour and nothing else', async () => {
    const { iat, exp, ...rest } = claims(await tabcast(['token', '--user', '42'], configured));
    assert.deepEqual(rest, { sub: '42' });
    assert.equal(Number(exp) - Number(iat), 3600);
  });

  test('puts in what the flags and the configuration say', async () => {
    const args = ['--user=42', '--session', 's', '--groups', 'a,b', '--groups', 'c', '--join', 'room/*'];
    const environment = { ...configured, TABCAST_TOKEN_ISSUER: 'us', TABCAST_TOKEN_AUDIENCES: 'tabs,others' };
    const { iat, exp, ...rest } = claims(await tabcast(['token', ...args, '--expires', '15m'], environment));
    const expected = {
      sub: '42',
      sid: 's',
      groups: ['a', 'b', 'c'],
      join: ['room/*'],
      iss: 'us',
      aud: 'tabs',
    };
    assert.deepEqual(rest, expected);
    assert.equal(Number(exp) - Number(iat), 900);
  });

  test('refuses what makes no token, with a sentence', async () => {
    const cases: [args: string[], environment: Record<string, string>, code: number, sentence: RegExp][] = [
      [[], configured, 2, /flag --user: expected the id of a user/],
      [['--user', '42', '--expires', '1y'], configured, 2, /flag --expires: expected seconds.* given "1y"/],
      [['--user', '42', '--expires', '0'], configured, 2, /flag --expires/],
      [['--user', 'x'.repeat(129)], configured, 2, /sub: .*128 bytes/],
      [['--usr', '42'], configured, 2, /flag --usr: expected a known flag; did you mean --user\?/],
      [['--user', '42'], {}, 1, /no secret to sign with; set TABCAST_TOKEN_SECRETS/],
      [['--user', '42'], { TABCAST_TOKEN_SECRETS: 'short' }, 78, /TABCAST_TOKEN_SECRETS, item 1: .*\*\*\*/],
    ];
    for (const [args, environment, code, sentence] of cases) {
      const outcome = await tabcast(['token', ...args], environment);
      assert.equal(outcome.out, '');
      assert.match(outcome.err, sentence);
      assert.equal(outcome.code, code, outcome.err);
    }
  });
});

describe('tabcast config', () => {
  const environment = {
    TABCAST_TOKEN_SECRETS: secret,
    TABCAST_API_KEYS: `${secret}-key`,
    TABCAST_REDIS_URL: `redis://:${secret}@redis:6379`,
    TABCAST_ORIGINS: 'https://a.example',
    TABCAST_TRUSTED_PROXIES: '10.0.0.0/8',
  };

  test('shows every option with value and source, and no secret', async () => {
    const { code, out, err } = await tabcast(['config', '--max-payload', '20480'], environment);
    assert.equal(err, '');
    assert.equal(code, 0);
    const rows = new Map(
      out.split('\n').map((line) => [line.split(/ {2,}/)[0], line.split(/ {2,}/).slice(1)]),
    );
    assert.deepEqual(rows.get('max-payload'), ['20480', 'flag --max-payload']);
    assert.deepEqual(rows.get('redis-url'), ['redis://:***@redis:6379', 'TABCAST_REDIS_URL']);
    assert.deepEqual(rows.get('token-secrets'), ['***', 'TABCAST_TOKEN_SECRETS']);
    assert.deepEqual(rows.get('handlers'), ['(empty)', 'default']);
    assert.ok(!out.includes(secret));
  });

  test('--json has the same, from a file too, and problems make it exit with 1', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tabcast-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'tabcast.json');
    writeFileSync(path, JSON.stringify({ 'log-level': 'debug', 'idle-timeout': 9 }));
    const args = ['config', '--json', '--config', path];
    const { code, out, err } = await tabcast(args, { ...environment, TABCAST_ORIGINS: '*' });
    assert.equal(err, '');
    assert.equal(code, 1);
    const { settings, problems, warnings } = JSON.parse(out);
    assert.deepEqual(
      settings.find(({ name }: { name: string }) => name === 'log-level'),
      { name: 'log-level', value: 'debug', source: `${path}, key "log-level"`, readable: true },
    );
    assert.deepEqual(problems, [
      {
        where: `${path}, key "idle-timeout"`,
        expected: 'an integer from 8 to 40 s, a multiple of 4',
        given: '"9"',
      },
    ]);
    assert.equal(warnings.length, 1);
    assert.ok(!out.includes(secret));
  });

  test('tells problems and warnings on standard error', async () => {
    const { code, err } = await tabcast(['config', '--token-query'], {
      ...environment,
      TABCAST_API_KEYS: '',
    });
    assert.equal(code, 1);
    assert.match(err, /^warning: flag --token-query: /m);
    assert.match(err, /^problem: api-keys: /m);
  });
});
