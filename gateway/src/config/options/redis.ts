import { integer, optional, pattern, redisUrl, secret, text } from '../kinds.js';
import { one } from '../option.js';

/** The Redis that connects the gateways. */
export const redis = {
  'redis-url': one(optional(redisUrl), '', {
    sentence:
      'The Redis that connects the gateways, the Sentinels that know which Redis it is, or nodes of a Redis Cluster. Empty: this gateway works alone, in its own memory.',
  }),
  'redis-sentinel-password': one(optional(secret(1)), '', {
    sentence:
      'What the Sentinels of the Redis URL ask for. Empty: nothing. User and password of the URL are for Redis itself.',
  }),
  'redis-prefix': one(
    pattern('1 to 64 letters, digits, dots, underscores or hyphens', /^[A-Za-z0-9_.-]{1,64}$/),
    'tabcast',
    { sentence: 'What every name in Redis begins with. Gateways with the same prefix form one cluster.' },
  ),
  'redis-ca-file': one(optional(text('a path')), '', {
    sentence:
      'PEM file of the authority that signed the certificate of Redis. Empty: those that Node trusts.',
  }),
  'redis-timeout': one(integer(100, 30_000, 'ms'), 1000, {
    sentence: 'How long a command may wait for an answer of Redis.',
  }),
  'redis-probe-interval': one(integer(100, 60_000, 'ms'), 1000, {
    sentence:
      'How often a gateway sends itself a message through Redis, to find a connection that has gone deaf.',
  }),
} as const;
