import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AdmissionRules, admit, type Candidate, type Refusal } from '../../src/socket/admission.js';

const handshake = {
  upgrade: 'websocket',
  connection: 'keep-alive, Upgrade',
  'sec-websocket-version': '13',
  host: 'gateway.example:8080',
};
const strict: AdmissionRules = { origins: ['https://app.example'], tokenCookie: '', tokenQuery: false };

function ask(
  headers: Record<string, string>,
  rules: Partial<AdmissionRules> = {},
  query = '',
): Candidate | Refusal {
  const all: Record<string, string> = { ...handshake, ...headers };
  const parameters = new URLSearchParams(query);
  return admit(
    { header: (name) => all[name] ?? '', query: (name) => parameters.get(name) ?? undefined },
    { ...strict, ...rules },
  );
}

const refused: [string, Record<string, string>, Partial<AdmissionRules>, number][] = [
  ['no upgrade', { upgrade: '' }, {}, 426],
  ['another upgrade', { upgrade: 'h2c' }, {}, 426],
  ['no word of it in Connection', { connection: 'close' }, {}, 426],
  ['a word that only looks like it', { connection: 'upgraded, x-upgrade' }, {}, 426],
  ['an old version', { 'sec-websocket-version': '8' }, {}, 426],
  ['a foreign origin', { origin: 'https://evil.example' }, {}, 403],
  ['an origin with another port', { origin: 'https://app.example:444' }, {}, 403],
  ['an origin that only begins right', { origin: 'https://app.example.evil.example' }, {}, 403],
  ['the opaque origin', { origin: 'null' }, {}, 403],
  ['a sub-protocol of somebody else', { 'sec-websocket-protocol': 'graphql-ws' }, {}, 400],
  ['a bearer without a sub-protocol to answer with', { 'sec-websocket-protocol': 'bearer.x.y.z' }, {}, 400],
  ['a token in a cookie without an origin', { cookie: 'jwt=a.b.c' }, { tokenCookie: 'jwt' }, 403],
];

const found: [string, Record<string, string>, Partial<AdmissionRules>, string, string | undefined][] = [
  ['nothing', {}, {}, '', undefined],
  ['a sub-protocol', { 'sec-websocket-protocol': 'tabcast.v1.json, bearer.a.b.c' }, {}, '', 'a.b.c'],
  ['Authorization', { authorization: 'bearer a.b.c' }, {}, '', 'a.b.c'],
  ['a query that is not read', {}, {}, 'token=a.b.c', undefined],
  ['a query', {}, { tokenQuery: true }, 'x=1&token=a.b.c', 'a.b.c'],
  ['a cookie that is not read', { cookie: 'jwt=a.b.c', origin: 'https://app.example' }, {}, '', undefined],
  [
    'a cookie',
    { cookie: 'other=1; jwt="a.b.c"; jwt2=x', origin: 'https://app.example' },
    { tokenCookie: 'jwt' },
    '',
    'a.b.c',
  ],
  [
    'the sub-protocol before all others',
    { 'sec-websocket-protocol': 'bearer.first, tabcast.v1.json', authorization: 'Bearer second' },
    { tokenQuery: true },
    'token=third',
    'first',
  ],
];

describe('admission', () => {
  for (const [what, headers, rules, status] of refused)
    test(`${what} is refused with ${status}`, () => {
      const refusal = ask(headers, rules);
      assert.ok('status' in refusal);
      assert.equal(refusal.status, status);
      assert.match(refusal.reason, /\w+ \w+/);
    });

  for (const [what, headers, rules, query, token] of found)
    test(`token from ${what}`, () => {
      const candidate = ask(headers, rules, query);
      assert.ok(!('status' in candidate));
      assert.equal(candidate.token, token);
      assert.ok(!candidate.protocol.includes('bearer'));
    });

  test('a socket that tabs share needs an origin that may connect, and no token of it is looked at', () => {
    const shared = { 'sec-websocket-protocol': 'bearer.a.b.c, tabcast.v1.shared, tabcast.v1.json' };
    const everywhere = { authorization: 'Bearer a.b.c', cookie: 'jwt=a.b.c' };
    assert.deepEqual(
      ask({ ...shared, ...everywhere }, { tokenQuery: true, tokenCookie: 'jwt' }, 'token=a.b.c'),
      { encoding: 'shared', protocol: 'tabcast.v1.shared', token: undefined, resumes: false },
    );
    const foreign = ask({ ...shared, origin: 'https://evil.example' });
    assert.ok('status' in foreign && foreign.status === 403);
  });

  test('the encoding follows the sub-protocol, JSON without one', () => {
    assert.deepEqual(ask({}), { encoding: 'json', protocol: '', token: undefined, resumes: false });
    const msgpack = ask({ 'sec-websocket-protocol': 'x, tabcast.v1.msgpack' });
    assert.deepEqual(msgpack, {
      encoding: 'msgpack',
      protocol: 'tabcast.v1.msgpack',
      token: undefined,
      resumes: false,
    });
  });

  test('without a list of origins the own host is admitted, without Origin every client is, * admits all', () => {
    assert.ok('encoding' in ask({ origin: 'http://gateway.example:8080' }, { origins: [] }));
    assert.ok('status' in ask({ origin: 'http://other.example:8080' }, { origins: [] }));
    assert.ok('encoding' in ask({}));
    assert.ok('encoding' in ask({ origin: 'null' }, { origins: ['*'] }));
  });
});
