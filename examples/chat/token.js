import { createHmac } from 'node:crypto';

/**
 * Signs a JSON Web Token (RFC 7519) with HS256, as gateways take it that know the same secret.
 * @param claims `sub` (the user), and what else docs/protocol.md lists
 * @param life how long it is good for, in s
 */
export function signToken(claims, secret, life) {
  const iat = Math.floor(Date.now() / 1000);
  const content = [
    { alg: 'HS256', typ: 'JWT' },
    { ...claims, iat, exp: iat + life },
  ];
  const signed = content.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
