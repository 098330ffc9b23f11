import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkTarget, connectionId, gatewayOf, targetChannels } from '../src/index.js';

const long = 'x'.repeat(129);
const good: [unknown, string[]][] = [
  [{ all: true }, ['all']],
  [{ registered: true }, ['registered']],
  [{ user: '42' }, ['user:42']],
  [{ users: ['1', '2', '1'] }, ['user:1', 'user:2']],
  [{ group: 'a:b*{}' }, ['group:a:b*{}']],
  [
    { groups: ['a', 'b'], user: '1', users: ['2'], group: 'c' },
    ['user:1', 'user:2', 'group:c', 'group:a', 'group:b'],
  ],
  [{ user: '42', session: 's' }, ['user:42']],
  [{ user: '__proto__', except: 'gw0-1' }, ['user:__proto__']],
  [{ connection: 'gw0-1z' }, []],
  [{ user: 'é'.repeat(64) }, [`user:${'é'.repeat(64)}`]],
];
const bad: [unknown, string][] = [
  [undefined, 'to'],
  [null, 'to'],
  ['all', 'to'],
  [[], 'to'],
  [{}, 'to'],
  [{ session: 's' }, 'to'],
  [{ everyone: true }, 'to.everyone'],
  [{ all: false }, 'to.all'],
  [{ all: true, user: '1' }, 'to.all'],
  [{ registered: true, group: '1' }, 'to.registered'],
  [{ connection: 'gw0-1', user: '1' }, 'to.connection'],
  [{ connection: 'gw0-1', except: 'gw0-2' }, 'to.except'],
  [{ connection: 'gw0' }, 'to.connection'],
  [{ connection: 42 }, 'to.connection'],
  [{ all: true, except: '../x' }, 'to.except'],
  [{ user: 42 }, 'to.user'],
  [{ user: '' }, 'to.user'],
  [{ user: long }, 'to.user'],
  [{ user: 'é'.repeat(65) }, 'to.user'],
  [{ user: '\ud800' }, 'to.user'],
  [{ users: [] }, 'to.users'],
  [{ users: '1' }, 'to.users'],
  [{ users: ['1', 2] }, 'to.users[1]'],
  [{ users: Array.from({ length: 1001 }, (_, i) => `${i}`) }, 'to.users'],
  [{ groups: ['a', ''] }, 'to.groups[1]'],
  [{ users: ['1'], session: 's' }, 'to.session'],
  [{ user: '1', group: 'a', session: 's' }, 'to.session'],
  [{ user: '1', session: 7 }, 'to.session'],
];

describe('targets', () => {
  for (const [to, channels] of good)
    test(`${JSON.stringify(to)} is ${channels.length} channels`, () => {
      assert.equal(checkTarget(to), undefined);
      assert.deepEqual(targetChannels(to as object), channels);
    });

  for (const [to, field] of bad)
    test(`${JSON.stringify(to)?.slice(0, 60)} is refused at ${field}`, () => {
      const wrong = checkTarget(to);
      assert.equal(wrong?.field, field);
      assert.ok(wrong!.expected.length > 3);
    });

  test('a connection id tells its gateway', () => {
    assert.equal(gatewayOf(connectionId('k3v9x2ab01', 12_345)), 'k3v9x2ab01');
    for (const text of ['', '-', 'a-', '-1', 'a-1-2', 'A-1', 'a 1']) assert.equal(gatewayOf(text), undefined);
  });
});
