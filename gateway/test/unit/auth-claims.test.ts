import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readIdentity } from '../../src/auth/claims.js';
import type { TokenRules } from '../../src/auth/token.js';
import { goodClaims, present, refusal, secret, sign, user, verifierWith } from '../support/tokens.js';

async function verdictOn(claims: object, rules: Partial<TokenRules> = {}) {
  const verifier = await verifierWith({ secrets: [secret] }, rules);
  return verifier.verify(await sign(secret, 'HS256', claims));
}

describe('claims', () => {
  test('all of them make an identity', async () => {
    const times = { iat: present - 5, jti: 't1' };
    const claims = { ...goodClaims, ...times, sid: 's1', groups: ['a', 'b'], join: ['chat:*'], other: 1 };
    assert.deepEqual(await verdictOn(claims), {
      identity: {
        user: '42',
        session: 's1',
        groups: ['a', 'b'],
        join: ['chat:*'],
        expires: (present + 60) * 1000,
        issued: (present - 5) * 1000,
        tokenId: 't1',
      },
    });
  });

  test('only sub and exp are required', async () => {
    assert.deepEqual(await verdictOn(goodClaims), {
      identity: {
        ...{ user: '42', session: null, groups: [], join: [], expires: (present + 60) * 1000 },
        ...{ issued: null, tokenId: null },
      },
    });
  });

  test('a group named twice counts once', async () => {
    const verdict = await verdictOn({ ...goodClaims, groups: ['a', 'b', 'a'] });
    assert.deepEqual('identity' in verdict && verdict.identity.groups, ['a', 'b']);
  });

  test('claims with names of our own results are just claims', async () => {
    const claims = {
      ...goodClaims,
      refused: 'expired',
      sentence: 'x',
      claims: {},
      identity: { user: 'root' },
    };
    assert.equal(user(await verdictOn(claims)), '42');
  });

  const hundred = Array.from({ length: 100 }, (_, i) => `g${i}`);
  const accepted: [what: string, claims: object][] = [
    ['a user of 128 bytes', { sub: 'ü'.repeat(64) }],
    ['100 groups', { groups: hundred }],
    ['100 patterns', { join: hundred }],
    ['no groups', { groups: [] }],
    ['a pattern of 128 bytes', { join: ['*'.repeat(128)] }],
    ['fractions of a second', { exp: present + 0.5, iat: present - 0.5 }],
    ['a token id of 128 bytes', { jti: 'ü'.repeat(64) }],
  ];
  for (const [what, claims] of accepted)
    test(`accepted: ${what}`, async () => {
      assert.ok('identity' in (await verdictOn({ ...goodClaims, ...claims })));
    });

  const tooLong = 'expected at most 128 bytes of UTF-8';
  const notSeconds = 'expected a number of seconds since 1970';
  const refused: [claims: object, sentence: string][] = [
    [{ sub: undefined }, 'sub: expected, but missing'],
    [{ sub: 4242 }, 'sub: expected a string, not a number'],
    [{ sub: null }, 'sub: expected a string, not null'],
    [{ sub: '' }, 'sub: expected 1 to 128 bytes, not an empty string'],
    [{ sub: 'ü'.repeat(65) }, `sub: ${tooLong}`],
    [{ sub: '\ud800' }, 'sub: expected well-formed Unicode, without lone surrogates'],
    [{ sid: 4242 }, 'sid: expected a string, not a number'],
    [{ sid: '' }, 'sid: expected 1 to 128 bytes, not an empty string'],
    [{ groups: 'staff' }, 'groups: expected an array of strings'],
    [{ groups: { staff: true } }, 'groups: expected an array of strings'],
    [{ groups: null }, 'groups: expected an array of strings'],
    [{ groups: ['a', 4242] }, 'groups[1]: expected a string, not a number'],
    [{ groups: ['a'.repeat(129)] }, `groups[0]: ${tooLong}`],
    [{ groups: [...hundred, 'staff'] }, 'groups: expected at most 100 items, not 101'],
    [{ join: 'staff' }, 'join: expected an array of strings'],
    [{ join: ['a', ['staff']] }, 'join[1]: expected a string, not an array'],
    [{ join: ['*'.repeat(129)] }, `join[0]: ${tooLong}`],
    [{ join: [...hundred, 'staff'] }, 'join: expected at most 100 items, not 101'],
    [{ exp: undefined }, 'exp: expected, but missing'],
    [{ exp: '2099-01-01' }, `exp: ${notSeconds}`],
    [{ exp: null }, `exp: ${notSeconds}`],
    [{ exp: present * 1000 }, 'exp: expected seconds since 1970, not milliseconds'],
    [{ nbf: '2020-01-01' }, `nbf: ${notSeconds}`],
    [{ iat: '2020-01-01' }, `iat: ${notSeconds}`],
    [{ iat: null }, `iat: ${notSeconds}`],
    [{ iat: present * 1000 }, 'iat: expected seconds since 1970, not milliseconds'],
    [{ jti: 4242 }, 'jti: expected a string, not a number'],
    [{ jti: '' }, 'jti: expected 1 to 128 bytes, not an empty string'],
    [{ jti: 'ü'.repeat(65) }, `jti: ${tooLong}`],
  ];
  for (const [claims, sentence] of refused)
    test(`refused: ${JSON.stringify(claims).slice(0, 40)}, ${sentence}`, async () => {
      assert.deepEqual(await verdictOn({ ...goodClaims, ...claims }), { refused: 'claims', sentence });
    });

  const confidential = ['4242', 'staff', '2099', '2020', 'ü', String(present)];
  test('no sentence repeats what the token says', () => {
    for (const [, sentence] of refused)
      for (const value of confidential) assert.ok(!sentence.includes(value), sentence);
  });
});

test('an identity without an end is none, whoever asks', () => {
  assert.deepEqual(readIdentity({ sub: '42' }), {
    refused: 'claims',
    sentence: 'exp: expected a number of seconds since 1970',
  });
});

describe('issuer and audience', () => {
  const rules = { issuer: 'our-site', audiences: ['tabs', 'all'] };
  const good = { ...goodClaims, iss: 'our-site', aud: 'tabs' };

  for (const aud of ['tabs', 'all', ['other', 'all']])
    test(`audience ${JSON.stringify(aud)} is ours`, async () => {
      assert.equal(user(await verdictOn({ ...good, aud }, rules)), '42');
    });

  const others: [claims: object, sentence: string][] = [
    [{ iss: 'other-site' }, 'iss: expected what this gateway is configured for'],
    [{ iss: undefined }, 'iss: expected, but missing'],
    [{ aud: 'other' }, 'aud: expected what this gateway is configured for'],
    [{ aud: ['other'] }, 'aud: expected what this gateway is configured for'],
    [{ aud: undefined }, 'aud: expected, but missing'],
  ];
  for (const [claims, sentence] of others)
    test(`refused: ${JSON.stringify(claims)}, ${sentence}`, async () => {
      assert.deepEqual(await verdictOn({ ...good, ...claims }, rules), { refused: 'claims', sentence });
    });

  test('neither is looked at unless configured', async () => {
    assert.equal(user(await verdictOn(good, { issuer: '', audiences: [] })), '42');
    assert.equal(user(await verdictOn(goodClaims)), '42');
  });
});

describe('times', () => {
  const table: [what: string, claims: object, clockTolerance: number, outcome: string | undefined][] = [
    ['expires in a second', { exp: present + 1 }, 0, undefined],
    ['expires now', { exp: present }, 0, 'expired'],
    ['expired 4 s ago, within the tolerance', { exp: present - 4 }, 5, undefined],
    ['expired 5 s ago, at the end of the tolerance', { exp: present - 5 }, 5, 'expired'],
    ['expired before 1970', { exp: -1 }, 60, 'expired'],
    ['begins now', { nbf: present }, 0, undefined],
    ['begins in a second', { nbf: present + 1 }, 0, 'not-yet-valid'],
    ['begins in 5 s, within the tolerance', { nbf: present + 5 }, 5, undefined],
    ['begins in 6 s, beyond the tolerance', { nbf: present + 6 }, 5, 'not-yet-valid'],
  ];
  for (const [what, claims, clockTolerance, outcome] of table)
    test(`a token that ${what} is ${outcome ?? 'accepted'}`, async () => {
      const verdict = await verdictOn({ ...goodClaims, ...claims }, { clockTolerance });
      assert.equal('refused' in verdict ? verdict.refused : undefined, outcome);
    });

  const skews: [seconds: number, clockTolerance: number, outcome: string | undefined][] = [
    [10, 5, 'not-yet-valid'],
    [10, 60, undefined],
    [-10, 0, undefined],
    [300, 60, 'not-yet-valid'],
    [-300, 60, 'expired'],
  ];
  for (const [seconds, clockTolerance, outcome] of skews)
    test(`a fresh token for a minute by a clock that is off by ${seconds} s, tolerance ${clockTolerance} s: ${outcome ?? 'accepted'}`, async () => {
      const theirs = present + seconds;
      const claims = { ...goodClaims, iat: theirs, nbf: theirs, exp: theirs + 60 };
      const verdict = await verdictOn(claims, { clockTolerance });
      assert.equal('refused' in verdict ? verdict.refused : undefined, outcome);
    });

  test('a forged token is not told that it has expired', async () => {
    const verifier = await verifierWith({ secrets: [secret] });
    const forged = await sign(`not ${secret}`, 'HS256', { ...goodClaims, exp: present - 60 });
    assert.equal(refusal(await verifier.verify(forged)), 'signature');
  });
});
