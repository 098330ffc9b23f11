import { apiKey, integer } from '../kinds.js';
import { many, one } from '../option.js';

/** The API for backends. */
export const api = {
  'api-keys': many(apiKey, {
    reload: true,
    sentence:
      'Keys that backends present as `Authorization: Bearer`; several at once for rotation. In production each has at least 32 characters.',
  }),
  'api-body-limit': one(integer(1024, 16_777_216, 'bytes'), 1_048_576, {
    sentence: 'Longest request body on the internal port.',
  }),
  'idempotency-ttl': one(integer(1, 86_400, 's'), 300, {
    sentence: 'How long an `Idempotency-Key` is remembered.',
  }),
  'membership-ttl': one(integer(1, 31_536_000, 's'), 86_400, {
    sentence: 'How long it is remembered that a user was put into a group; each `PUT` begins anew.',
  }),
} as const;
