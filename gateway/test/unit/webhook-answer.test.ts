import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readVouched } from '../../src/auth/claims.js';
import { readVerdict, readVisitor } from '../../src/backend/webhook/answer.js';
import { readSend } from '../../src/http/send.js';

const now = 1_800_000_000_000;
const answer = (body: unknown, status = 200) => ({
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** Reads as a gateway does, except that nothing is sent. */
const verdictOf = (body: unknown, status?: number) =>
  readVerdict(answer(body, status), (value) => {
    const send = readSend(value);
    return 'expected' in send ? send : async () => send;
  });
const visitorOf = (body: unknown, status?: number) => readVisitor(answer(body, status), readVouched, now);
const deep = JSON.parse('['.repeat(70) + ']'.repeat(70));

describe('answers to an action', () => {
  test('nothing at all says nothing', () => {
    for (const body of ['', ' \n', '{}'])
      assert.deepEqual(verdictOf(body), { value: { reply: undefined, error: undefined, sends: [] } });
  });

  test('a reply that is no array counts as one thing', () => {
    for (const [reply, details] of [
      [
        [1, 'a'],
        [1, 'a'],
      ],
      [{ n: 1 }, [{ n: 1 }]],
      [null, [null]],
    ]) {
      const verdict = verdictOf({ reply });
      assert.ok('value' in verdict);
      assert.deepEqual(verdict.value.reply, details);
    }
  });

  test('an error and sends are taken together, and the sends in their order', async () => {
    const send = [{ action: 'a' }, { action: 'b', history: false }].map((one) => ({
      to: { user: '42' },
      ...one,
    }));
    const verdict = verdictOf({ error: [4711, 'No'], send });
    assert.ok('value' in verdict);
    assert.deepEqual(verdict.value.error, [4711, 'No']);
    assert.deepEqual(
      await Promise.all(verdict.value.sends.map((carryOut) => carryOut())),
      send.map((one) => ({ ...one, details: [] })),
    );
  });

  const nonsense: [body: unknown, wrong: RegExp][] = [
    ['OK', /^expected a JSON object with reply, error, send$/],
    [[], /^expected a JSON object/],
    ['null', /^expected a JSON object/],
    [{ replies: [] }, /^replies: expected only reply, error, send$/],
    [{ reply: deep }, /^reply: expected at most 64 levels/],
    [{ reply: 1, error: [1, 'x'] }, /^error: expected no reply beside it$/],
    [{ error: 'No' }, /^error: expected \[code, message\]/],
    [{ error: ['400', 'No'] }, /^error: expected \[code, message\]/],
    [{ error: [400, 'No', 1] }, /^error: expected \[code, message\]/],
    [{ send: { to: { all: true }, action: 'a' } }, /^send: expected an array/],
    [
      {
        send: [
          { to: { all: true }, action: 'a' },
          { to: { user: 42 }, action: 'a' },
        ],
      },
      /^send\[1\]\.to\.user: /,
    ],
    [{ send: [{ to: { all: true }, action: 'sys/x' }] }, /^send\[0\]\.action: /],
    [{ send: [7] }, /^send\[0\]: expected an object/],
  ];
  for (const [body, wrong] of nonsense)
    test(`nonsense: ${JSON.stringify(body).slice(0, 60)}`, () => {
      const verdict = verdictOf(body);
      assert.ok('wrong' in verdict);
      assert.match(verdict.wrong, wrong);
    });
});

describe('answers to a connect', () => {
  test('a user is enough, and vouched for without an end', () => {
    assert.deepEqual(visitorOf({ user: '42' }), {
      value: {
        ...{ user: '42', session: null, groups: [], join: [] },
        ...{ expires: null, issued: null, tokenId: null },
      },
    });
  });

  test('everything that a token can say', () => {
    const seconds = now / 1000 + 60;
    const full = { user: '42', session: 's', groups: ['a', 'a'], join: ['b/*'], expires: seconds };
    const read = visitorOf(full);
    assert.ok('value' in read && read.value !== null);
    const { user, session, groups, join, expires } = read.value;
    assert.deepEqual(
      { user, session, groups, join, expires },
      { ...full, groups: ['a'], expires: seconds * 1000 },
    );
  });

  test('204 and {"anonymous": true} are an anonymous visitor', () => {
    assert.deepEqual(visitorOf('', 204), { value: null });
    assert.deepEqual(visitorOf({ anonymous: true }), { value: null });
  });

  const nonsense: [body: unknown, wrong: RegExp][] = [
    ['', /^user: expected a string/],
    ['<html>', /^expected a JSON object with user/],
    [{ user: 42 }, /^user: expected a string, not a number$/],
    [{ user: '' }, /^user: expected 1 to 128 bytes/],
    [{ user: '42', session: null }, /^session: expected a string/],
    [{ user: '42', groups: 'staff' }, /^groups: expected an array/],
    [{ user: '42', group: ['staff'] }, /^group: expected only user/],
    [{ user: '42', join: [7] }, /^join\[0\]: expected a string/],
    [{ user: '42', expires: '2030' }, /^expires: expected a number of seconds/],
    [{ user: '42', expires: now }, /^expires: expected seconds since 1970, not milliseconds$/],
    [{ user: '42', expires: now / 1000 }, /^expires: expected a time to come$/],
    [{ user: '42', anonymous: true }, /^anonymous: expected true, and nothing beside it$/],
    [{ user: '42', anonymous: false }, /^anonymous: /],
    [{ anonymous: 1 }, /^anonymous: /],
  ];
  for (const [body, wrong] of nonsense)
    test(`nonsense: ${JSON.stringify(body)}`, () => {
      const read = visitorOf(body);
      assert.ok('wrong' in read, JSON.stringify(read));
      assert.match(read.wrong, wrong);
    });
});
