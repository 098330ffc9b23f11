import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDisconnect } from '../../src/http/disconnect.js';

const ofAnn = { channel: 'user:ann', session: null, connection: null };

describe('POST /v1/disconnect reads', () => {
  const good: [object, object][] = [
    [{ user: 'ann' }, { ...ofAnn, code: 4407 }],
    [
      { user: 'ann', reconnect: false },
      { ...ofAnn, code: 4407 },
    ],
    [
      { user: 'ann', reconnect: true },
      { ...ofAnn, code: 4007 },
    ],
    [
      { user: 'ann', session: 's' },
      { ...ofAnn, session: 's', code: 4407 },
    ],
    [
      { user: 'ann', code: 4300 },
      { ...ofAnn, code: 4300 },
    ],
    [
      { user: 'ann', code: 4999, reconnect: false },
      { ...ofAnn, code: 4999 },
    ],
    [
      { connection: 'gw1-z', reconnect: true },
      { channel: 'gateway:gw1', session: null, connection: 'gw1-z', code: 4007 },
    ],
  ];
  for (const [body, expected] of good)
    test(JSON.stringify(body), () => assert.deepEqual(readDisconnect(body), expected));
});

describe('POST /v1/disconnect refuses', () => {
  const codes = 'an integer from 4300 to 4399 or 4900 to 4999';
  const members = 'user, session, connection, code, reconnect';
  const wrong: [unknown, string, string][] = [
    [null, '', `an object with ${members}`],
    [[], '', `an object with ${members}`],
    [{}, 'user', 'user or connection'],
    [{ user: 7 }, 'user', 'a string, not a number'],
    [{ user: 'ann', session: '' }, 'session', '1 to 128 bytes, not an empty string'],
    [{ user: 'ann', reason: 'x' }, 'reason', `only ${members}`],
    [{ session: 's' }, 'user', 'user or connection'],
    [{ connection: 'gw1-1', user: 'ann' }, 'user', 'no user beside connection'],
    [{ connection: 'gw1-1', session: 's' }, 'session', 'no session beside connection'],
    [{ connection: 'nonsense' }, 'connection', 'a connection id, as sys/welcome gives it'],
    [{ user: 'ann', reconnect: 'yes' }, 'reconnect', 'true or false'],
    ...[4007, 4407, 4000, 1000, 4299, 4400, 5000, 4300.5, '4300', null].map(
      (code): [unknown, string, string] => [{ user: 'ann', code }, 'code', codes],
    ),
    [{ user: 'ann', code: 4300, reconnect: false }, 'reconnect', 'true, as the range of code 4300 says'],
    [{ user: 'ann', code: 4900, reconnect: true }, 'reconnect', 'false, as the range of code 4900 says'],
  ];
  for (const [body, field, expected] of wrong)
    test(JSON.stringify(body), () => assert.deepEqual(readDisconnect(body), { field, expected }));
});
