import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { optionNames, options, variableName } from '../../src/config/options.js';
import { Canaries } from '../support/canaries.js';
import { assertNone, secretValues } from '../support/secret-values.js';
import { tabcast } from './cli-process.js';

test('every option that the table calls a secret is tried', () => {
  const secretOptions = optionNames.filter((name) => options[name].kind.mask !== undefined);
  assert.deepEqual(new Set(Object.keys(secretValues)), new Set(secretOptions));
});

test('the search finds a secret in a URL, in JSON, in base64 and in hex, whole or in part', () => {
  const own = new Canaries();
  const secret = own.hatch('x');
  const forms = [secret, encodeURIComponent(secret), JSON.stringify({ secret }), secret.slice(30)];
  const shifted = ['', '.', '..'].map((before) => Buffer.from(`${before}${secret}`));
  const encoded = shifted.flatMap((bytes) => [bytes.toString('base64'), bytes.toString('hex')]);
  for (const text of [...forms, ...encoded]) assert.deepEqual(own.ownersIn(`<${text}>`), ['x'], text);
  assert.deepEqual(own.ownersIn(new Canaries().hatch('y')), []);
});

/** What each command prints, where it goes well and where it does not. */
describe('secrets on the command line', () => {
  const given = (which: 'good' | 'bad') =>
    Object.entries(secretValues).flatMap(([name, { [which]: value }]): [string, string][] =>
      value ? [[name, value]] : [],
    );

  const commands = ['config', 'config --json', 'nodes', 'user ann'];
  for (const [which, some] of [
    ['good', commands],
    ['bad', [...commands, 'start']],
  ] as const)
    for (const command of some)
      test(`${command}, with ${which} secrets in the environment, and as flags`, async () => {
        const rest = {
          TABCAST_ORIGINS: '*',
          TABCAST_WEBHOOK_URL: 'https://shop.example',
          TABCAST_INTERNAL_PORT: '1',
        };
        const environment = given(which).map(([name, value]) => [variableName(name), value]);
        const flags = given(which).map(([name, value]) => `--${name}=${value}`);
        for (const { out, err, code } of await Promise.all([
          tabcast(command.split(' '), { ...rest, ...Object.fromEntries(environment) }),
          tabcast([...command.split(' '), ...flags], rest),
        ])) {
          assert.equal(code > 0, which === 'bad' || !command.startsWith('config'), err);
          if (command.startsWith('config')) assert.match(out, /\*\*\*/);
          assertNone(command, out + err);
        }
      });
});
