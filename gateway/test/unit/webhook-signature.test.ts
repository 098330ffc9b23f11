import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSecret, sign } from '../../src/backend/webhook/signature.js';

/** The example with which the libraries of Standard Webhooks test themselves. */
const vector = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe('signatures of webhooks', () => {
  test('agree with the example of the specification', () => {
    const { secret, id, timestamp, body, signature } = vector;
    assert.equal(sign([readSecret(secret)!], id, timestamp, body), signature);
  });

  test('there is one with each secret, in their order', () => {
    const { secret, id, timestamp, body, signature } = vector;
    const other = Buffer.alloc(24, 7);
    const both = sign([other, readSecret(secret)!], id, timestamp, body).split(' ');
    assert.deepEqual(both, [sign([other], id, timestamp, body), signature]);
    assert.notEqual(both[0], both[1]);
  });

  const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;
  const secrets: [what: string, text: string, bytes: number | undefined][] = [
    ['24 bytes', secretOf(24), 24],
    ['64 bytes', secretOf(64), 64],
    ['23 bytes', secretOf(23), undefined],
    ['65 bytes', secretOf(65), undefined],
    ['another prefix', secretOf(24).replace('whsec_', 'whpk__'), undefined],
    ['characters that are no base64', `${secretOf(24)}!`, undefined],
    ['nothing', '', undefined],
  ];
  for (const [what, text, bytes] of secrets)
    test(`a secret of ${what} is ${bytes === undefined ? 'refused' : 'read'}`, () =>
      assert.equal(readSecret(text)?.length, bytes));
});
