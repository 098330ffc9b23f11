import { integer, optional, pattern, secret, secureUrl, text, trueOrFalse } from '../kinds.js';
import { many, one } from '../option.js';

/** Who may come, and what proves it. */
export const tokens = {
  'token-secrets': many(secret(32), {
    reload: true,
    sentence: 'Shared secrets (HS256, HS384, HS512) that verify tokens; several at once for rotation.',
  }),
  'token-key-files': many(text('a path'), {
    reload: true,
    sentence: 'PEM files of public keys that verify tokens.',
  }),
  'token-jwks-url': one(optional(secureUrl), '', {
    reload: true,
    sentence: 'JSON Web Key Set with public keys that verify tokens.',
  }),
  'token-jwks-max-stale': one(integer(0, 2_592_000, 's'), 86_400, {
    reload: true,
    sentence:
      'How long the last good key set serves, after its ten minutes, while no newer one can be had. 0: it does not.',
  }),
  'token-issuer': one(optional(text('a text')), '', {
    reload: true,
    sentence: 'Claim `iss` that every token must carry. Empty: not checked.',
  }),
  'token-audiences': many(text('a text'), {
    reload: true,
    sentence: 'A token must carry one of these as claim `aud`. Empty: not checked.',
  }),
  'token-clock-tolerance': one(integer(0, 60, 's'), 5, {
    reload: true,
    sentence: 'How far the clock of the issuer may be off.',
  }),
  'token-cache-size': one(integer(0, 1_000_000, 'tokens'), 10_000, {
    sentence:
      'How many tokens that a key pair has signed are remembered as verified, for a minute at most, so that tabs that reconnect do not cost a signature each. 0: none.',
  }),
  'revocation-ttl': one(integer(60, 31_536_000, 's'), 86_400, {
    sentence:
      'How long a revocation is remembered unless it says so itself. It must exceed the longest life of a token, or a revoked one counts again.',
  }),
  'token-cookie': one(optional(pattern('a cookie name (RFC 6265)', /^[\w!#$%&'*+.^`|~-]+$/)), '', {
    sentence:
      'Cookie that may carry the token. A token from it needs an `Origin` header, or a foreign page could use the cookie. Empty: none.',
  }),
  'token-query': one(trueOrFalse, false, {
    development: true,
    sentence: 'Whether `?token=` may carry the token. It lands in the logs of proxies.',
  }),
  anonymous: one(trueOrFalse, false, { sentence: 'Whether tabs without a token are welcome.' }),
  'auth-timeout': one(integer(500, 60_000, 'ms'), 5000, {
    sentence: 'How long a new connection may take to bring its token.',
  }),
  'token-grace': one(integer(0, 300_000, 'ms'), 10_000, {
    sentence: 'How long a tab may stay after its token has expired, to bring a new one.',
  }),
} as const;
