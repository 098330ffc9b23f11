import assert from 'node:assert/strict';
import type { OptionName } from '../../src/config/options.js';
import { Canaries } from './canaries.js';

/** The secrets of a test, all of which `assertNone` looks for. */
export const canaries = new Canaries();

/** A secret for webhooks, in the form that the option wants. */
export function webhookSecret(owner: string): string {
  const secret = Buffer.from(canaries.hatch(owner, '').slice(0, 48));
  return `whsec_${canaries.plant(owner, secret.toString('base64'))}`;
}

/** User and password, as a URL has them. */
export function login(owner: string): string {
  return `user:${encodeURIComponent(canaries.hatch(owner))}`;
}

/** For each option that holds a secret a value that is accepted, and one that is not, where there is one. */
export const secretValues: Partial<Record<OptionName, { good?: string; bad: string }>> = {
  'redis-url': {
    good: `redis+sentinel://${login('redis-url')}@127.0.0.1:1/master`,
    bad: `redis://${login('redis-url')}@host?x`,
  },
  'redis-sentinel-password': { good: canaries.hatch('redis-sentinel-password'), bad: '' },
  'token-secrets': {
    good: canaries.hatch('token-secrets'),
    bad: canaries.hatch('token-secrets').slice(0, 30),
  },
  // No login may be in these, so whoever wrote one gets a refusal.
  'token-jwks-url': { bad: `https://${login('token-jwks-url')}@issuer.example/keys` },
  'webhook-url': { bad: `https://${login('webhook-url')}@shop.example/hook` },
  'api-keys': { good: canaries.hatch('api-keys', '-'), bad: `${canaries.hatch('api-keys', ' ')}` },
  'webhook-secrets': { good: webhookSecret('webhook-secrets'), bad: `${webhookSecret('webhook-secrets')}!` },
};

/** Fails where a text has one of the canaries, or a part of one. */
export function assertNone(what: string, text: string): void {
  assert.deepEqual(canaries.ownersIn(text), [], `in ${what}: ${text.slice(0, 20_000)}`);
}
