import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/config.js';
import { configFlags, readCommandLine } from '../../src/config/flags.js';
import { optionNames, options, variableName } from '../../src/config/options.js';
import { type Given, read, secret, sources } from './config-given.js';

describe('secrets', () => {
  const secretOptions = optionNames.filter((name) => options[name].kind.mask !== undefined);

  test('are known as such', () => {
    assert.deepEqual(secretOptions, [
      'redis-url',
      'redis-sentinel-password',
      'token-secrets',
      'token-jwks-url',
      'api-keys',
      'webhook-url',
      'webhook-secrets',
    ]);
  });

  /** An URL that holds no login is no secret, and it helps to see it. */
  const mayShowText = new Set(['token-jwks-url', 'webhook-url']);

  test('are never shown, whether they are acceptable or not, and wherever they come from', () => {
    const inUrls = [`https://user:${secret}@host`, `redis://user:${secret}@host/1`, `redis://${secret}@host`];
    const inOthers = [secret, secret.slice(0, 12), `redis://host?password=${secret}`];
    for (const name of secretOptions)
      for (const value of mayShowText.has(name) ? inUrls : [...inUrls, ...inOthers])
        for (const given of [
          { args: [`--${name}`, value] },
          { args: [`--${name}x`, value] },
          { environment: { [variableName(name)]: value } },
          { file: { [name]: value } },
          { file: { [name]: { nested: value } } },
          { file: `{"${name}": ${value}}` },
        ] satisfies Given[]) {
          const line = readCommandLine(given.args ?? [], configFlags);
          const { problems, settings, warnings } = loadConfig(sources(given));
          const shown = JSON.stringify([problems, settings, warnings, line.problems, line.words]);
          assert.ok(!shown.includes(secret.slice(0, 12)), shown);
        }
  });

  test('hide the password of the Redis URL only', () => {
    const { settings } = read({ args: ['--redis-url', `rediss://user:${secret}@host:6380/1`] });
    assert.equal(settings.find(({ name }) => name === 'redis-url')?.value, 'rediss://user:***@host:6380/1');
  });

  test('hide all of a password that has a colon in it', () => {
    const { settings } = read({ args: ['--redis-url', `redis://user:${secret}:more@host`] });
    assert.equal(settings.find(({ name }) => name === 'redis-url')?.value, 'redis://user:***@host');
  });

  test('still count in the settings', () => {
    const { settings } = read({ args: ['--token-secrets', `${secret},${secret}`] });
    assert.deepEqual(settings.find(({ name }) => name === 'token-secrets')?.value, ['***', '***']);
  });
});
