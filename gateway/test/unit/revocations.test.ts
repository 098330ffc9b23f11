import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Identity } from '../../src/auth/identity.js';
import type { Revocation } from '../../src/broker/registry.js';
import { Revocations } from '../../src/cluster/revocations.js';

const t = 1_800_000_000_000;
const until = t + 86_400_000;

function identity(given: Partial<Identity> = {}): Identity {
  const proof = { expires: until, issued: t - 1000, tokenId: null };
  return { user: 'ann', session: null, groups: [], join: [], ...proof, ...given };
}

function ofUser(given: { session?: string; before?: number; until?: number } = {}): Revocation {
  return { user: 'ann', session: null, before: t, until, ...given };
}

function knowing(...revocations: Revocation[]): Revocations {
  const known = new Revocations();
  for (const revocation of revocations) known.add(revocation);
  return known;
}

describe('what a revocation covers', () => {
  const rows: [what: string, revocation: Revocation, proof: Partial<Identity>, covered: boolean][] = [
    ['a user: a token made before', ofUser(), {}, true],
    ['a user: one made at that very moment', ofUser(), { issued: t }, true],
    ['a user: one made later', ofUser(), { issued: t + 1 }, false],
    ['a user: one that does not say when', ofUser(), { issued: null }, true],
    ['a user: whatever its session', ofUser(), { session: 's1' }, true],
    ['a user: nobody else', ofUser(), { user: 'bob' }, false],
    ['a session: a token of it made before', ofUser({ session: 's1' }), { session: 's1' }, true],
    ['a session: one made later', ofUser({ session: 's1' }), { session: 's1', issued: t + 1 }, false],
    ['a session: no other session', ofUser({ session: 's1' }), { session: 's2' }, false],
    ['a session: no token without one', ofUser({ session: 's1' }), {}, false],
    [
      'a session: not that of somebody else',
      ofUser({ session: 's1' }),
      { user: 'bob', session: 's1' },
      false,
    ],
    ['a token', { tokenId: 't1', until }, { tokenId: 't1' }, true],
    ['a token: whenever it was made', { tokenId: 't1', until }, { tokenId: 't1', issued: t + 1 }, true],
    ['a token: no other', { tokenId: 't1', until }, { tokenId: 't2' }, false],
    ['a token: none without an id', { tokenId: 't1', until }, {}, false],
  ];
  for (const [what, revocation, proof, covered] of rows)
    test(`${what}: ${covered}`, () => {
      assert.equal(knowing(revocation).covers(identity(proof)), covered);
    });

  test('nothing, when there is none', () => {
    assert.equal(knowing().covers(identity({ session: 's1', tokenId: 't1' })), false);
  });

  test('a revoked session does not shield from a revocation of the user, nor the other way round', () => {
    const earlier = ofUser({ session: 's1', before: t - 5000 });
    assert.equal(knowing(ofUser(), earlier).covers(identity({ session: 's1' })), true);
    assert.equal(
      knowing(ofUser({ before: t - 5000 }), ofUser({ session: 's1' })).covers(identity({ session: 's1' })),
      true,
    );
  });
});

describe('adding', () => {
  test('says whether it changed anything', () => {
    const known = knowing();
    const token = { tokenId: 't1', until };
    for (const revocation of [ofUser(), ofUser({ session: 's1' }), token]) {
      assert.equal(known.add(revocation), true);
      assert.equal(known.add(revocation), false);
      assert.equal(known.add({ ...revocation, until: until - 1 }), false);
      assert.equal(known.add({ ...revocation, until: until + 1 }), true);
    }
    assert.equal(known.add(ofUser({ before: t - 1 })), false);
    assert.equal(known.add(ofUser({ before: t + 1 })), true);
  });

  test('a narrower one takes nothing back, and the longest memory counts', () => {
    const known = knowing(ofUser({ until: t + 1000 }), ofUser({ before: t - 5000, until: t + 9000 }));
    assert.deepEqual(known.list(), [ofUser({ until: t + 9000 })]);
    known.add(ofUser({ before: t + 5, until: t + 500 }));
    assert.deepEqual(known.list(), [ofUser({ before: t + 5, until: t + 9000 })]);
  });

  test('the order does not matter', () => {
    const some = [ofUser(), ofUser({ before: t + 5 }), ofUser({ session: 's1' }), { tokenId: 't1', until }];
    const there = knowing(...some).list();
    const back = knowing(...some.toReversed()).list();
    const text = (list: Revocation[]) => list.map((one) => JSON.stringify(one)).toSorted();
    assert.deepEqual(text(there), text(back));
    assert.equal(there.length, 3);
  });
});

describe('forgetting', () => {
  test('each at its own time', () => {
    const token = { tokenId: 't1', until: t + 1 };
    const session = ofUser({ session: 's1', until: t + 2 });
    const user = ofUser({ until: t + 3 });
    const known = knowing(token, session, user);
    known.expire(t);
    assert.deepEqual(known.list(), [token, session, user]);
    known.expire(t + 1);
    assert.deepEqual(known.list(), [session, user]);
    known.expire(t + 2);
    assert.deepEqual(known.list(), [user]);
    known.expire(t + 3);
    assert.deepEqual(known.list(), []);
    assert.equal(known.covers(identity({ session: 's1', tokenId: 't1' })), false);
  });
});
