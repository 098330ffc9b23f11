import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApiKeys } from '../../src/auth/api-key.js';

describe('API keys', () => {
  const keys = createApiKeys(['first-key', 'second-key']);
  const table: [authorization: string | undefined, accepted: boolean][] = [
    ['Bearer first-key', true],
    ['Bearer second-key', true],
    ['bearer first-key', true],
    ['BEARER  first-key', true],
    ['Bearer third-key', false],
    ['Bearer first-key2', false],
    ['Bearer first-ke', false],
    ['Bearer FIRST-KEY', false],
    ['Bearer first-key second-key', false],
    ['Bearer', false],
    ['Bearer ', false],
    ['Basic first-key', false],
    ['first-key', false],
    ['', false],
    [undefined, false],
  ];
  for (const [authorization, accepted] of table)
    test(`${JSON.stringify(authorization)} is ${accepted ? 'accepted' : 'refused'}`, () => {
      assert.equal(keys.accepts(authorization), accepted);
    });

  test('without keys nothing is accepted', () => {
    const none = createApiKeys([]);
    assert.equal(none.accepts('Bearer first-key'), false);
    assert.equal(none.accepts(undefined), false);
  });
});
