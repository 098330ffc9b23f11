import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signToken } from '../../src/servers/token.js';

test('signToken writes the JWT that openssl signs for the same claims', () => {
  const token = signToken(
    { sub: 'u1', exp: 1_900_000_000, groups: ['g1'] },
    'a secret of at least 32 characters',
  );
  assert.equal(
    token,
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.' +
      'eyJzdWIiOiJ1MSIsImV4cCI6MTkwMDAwMDAwMCwiZ3JvdXBzIjpbImcxIl19.' +
      'Sf0-KJM8y6iYvYVoUAeWf8ksP2YGRbTKFU6y1XmAi64',
  );
});
