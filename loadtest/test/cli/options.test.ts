import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { helpText } from '../../src/cli/help.js';
import { commonOptions, type LoadCommand, readCommand } from '../../src/cli/options.js';
import { scenarios } from '../../src/scenarios/index.js';

const read = (line: string, environment: Record<string, string> = {}) =>
  readCommand(line.split(' ').filter(Boolean), environment, scenarios);

describe('readCommand', () => {
  test('fills in what is not given', () => {
    const { scenario, options, where } = read('users --tabs 40 --warm-up 0.5 --spawn 2') as LoadCommand;
    assert.equal(scenario.name, 'users');
    assert.deepEqual(
      [options['tabs'], options['warm-up'], options['tabs-per-user']],
      [40, 0.5, scenario.options['tabs-per-user']!.default],
    );
    assert.deepEqual(where, { kind: 'spawned', gateways: 2, history: true, through: 'api' });
  });

  test('takes secrets from the environment, where nobody else sees them', () => {
    const secrets = { TABCAST_LOAD_API_KEY: 'a', TABCAST_LOAD_TOKEN_SECRET: 't' };
    const { where } = read('users --url ws://x --url ws://y --api http://z', secrets) as LoadCommand;
    assert.deepEqual(where, {
      ...{ kind: 'remote', urls: ['ws://x', 'ws://y'], apis: ['http://z'], metrics: [], insecure: false },
      ...{ apiKey: 'a', tokenSecret: 't' },
    });
  });

  const wrong: readonly [line: string, sentence: RegExp][] = [
    ['', /^expected one scenario: broadcast, /],
    ['users groups --spawn 1', /^expected one scenario: /],
    ['user --spawn 1', /^there is no scenario "user", but broadcast, users, /],
    ['users --spwn 1', /^--spwn: there is no such option$/],
    ['users --group-size 3 --spawn 1', /^--group-size: users has no such option, but --tabs, /],
    ['users --tabs 1.5 --spawn 1', /^--tabs: expected a whole number above 0, got "1.5"$/],
    ['users --tabs 0 --spawn 1', /^--tabs: expected a whole number above 0, got "0"$/],
    ['users --window x --spawn 1', /^--window: expected a number above 0, got "x"$/],
    ['users --tabs --spawn 1', /^--tabs: expected a value, got --spawn$/],
    ['users --spawn', /^--spawn: expected a value$/],
    ['users --spawn 0', /^--spawn: expected a whole number above 0, got "0"$/],
    ['users --no-history=3 --spawn 1', /^--no-history: expected no value$/],
    ['users', /^expected either --spawn <gateways> or --url/],
    ['users --spawn 1 --url ws://x', /^expected either --spawn <gateways> or --url/],
    ['users --spawn 1 --api http://x', /^--api: means nothing with --spawn$/],
    ['users --url ws://x --no-history', /^--no-history: means nothing with --url$/],
    ['users --spawn 1 --worker-key k', /^--worker-key: means nothing without --worker$/],
    ['users --text-bytes 42 --spawn 1', /^--text-bytes: expected a whole number from 43, got "42"$/],
    ['cross --tabs-per-user 1 --spawn 2', /^--tabs-per-user: expected a whole number from 2, got "1"$/],
    ['users --spawn 1 --through x', /^--through: expected api or redis, got "x"$/],
  ];
  for (const [line, message] of wrong)
    test(`refuses "${line}"`, () => {
      assert.throws(() => read(line), { name: 'RangeError', message });
    });

  test('gives an option of a scenario no name that every scenario has', () => {
    for (const { options } of scenarios)
      for (const name of Object.keys(options)) assert.ok(!Object.hasOwn(commonOptions, name), name);
  });
});

describe('help', () => {
  test('is about all scenarios, or about the one that is named', () => {
    const [all, one] = [read('--help'), read('groups --help')];
    assert.ok('help' in all && 'help' in one);
    assert.deepEqual(all.help, scenarios);
    assert.deepEqual(
      one.help.map(({ name }) => name),
      ['groups'],
    );
  });

  test('shows every option with its default', () => {
    const text = helpText(scenarios);
    for (const { options } of scenarios)
      for (const [name, option] of Object.entries(options))
        assert.ok(text.includes(`--${name} ${option.default} `), name);
    for (const name of Object.keys(commonOptions)) assert.ok(text.includes(`--${name} `), name);
  });
});
