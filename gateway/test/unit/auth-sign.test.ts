import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signToken } from '../../src/auth/sign.js';
import { present, refusal, secret, user, verifierWith } from '../support/tokens.js';

const now = present * 1000;

describe('signing tokens', () => {
  test('everything granted arrives in the identity', async () => {
    const rules = { issuer: 'our-site', audiences: ['tabs'] };
    const verifier = await verifierWith({ secrets: [secret] }, rules);
    const grant = { user: '42', session: 's1', groups: ['a', 'b'], join: ['chat:*'], expiresIn: 60, now };
    const token = await signToken(secret, { ...grant, issuer: 'our-site', audience: 'tabs' });
    assert.deepEqual(await verifier.verify(token), {
      identity: {
        ...{ user: '42', session: 's1', groups: ['a', 'b'], join: ['chat:*'], expires: now + 60_000 },
        ...{ issued: now, tokenId: null },
      },
    });
  });

  test('a user is enough', async () => {
    const verifier = await verifierWith({ secrets: [secret] });
    assert.equal(
      user(await verifier.verify(await signToken(secret, { user: '42', expiresIn: 60, now }))),
      '42',
    );
  });

  test('the time is that of the system unless given', async () => {
    const token = await signToken(secret, { user: '42', expiresIn: 60 });
    const inTime = await verifierWith({ secrets: [secret] }, { now: Date.now });
    assert.equal(user(await inTime.verify(token)), '42');
    const late = await verifierWith({ secrets: [secret] }, { now: () => Date.now() + 61_000 });
    assert.equal(refusal(await late.verify(token)), 'expired');
  });

  test('a short secret is refused', async () => {
    await assert.rejects(signToken('short', { user: '42', expiresIn: 60 }), {
      message: 'secret: expected at least 32 bytes, got 5',
    });
  });

  test('what a gateway would refuse is not signed', async () => {
    await assert.rejects(signToken(secret, { user: '', expiresIn: 60 }), {
      message: 'sub: expected 1 to 128 bytes, not an empty string',
    });
  });
});
