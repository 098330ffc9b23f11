import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReloadable, renew } from '../../src/config/renewal.js';
import { production, read } from './config-given.js';

const configOf = (environment: Record<string, string>) =>
  read({ environment: { ...production, ...environment } }).config;

test('what may change is taken over, all else stays, and both are told by name', () => {
  const inForce = configOf({});
  const fresh = configOf({
    TABCAST_ORIGINS: 'https://b.example',
    TABCAST_LOG_LEVEL: 'debug',
    TABCAST_PUBLIC_PORT: '9000',
    TABCAST_REDIS_URL: 'redis://elsewhere',
  });
  const { config, changed, ignored } = renew(inForce, fresh);
  assert.deepEqual(changed.toSorted(), ['log-level', 'origins']);
  assert.deepEqual(ignored.toSorted(), ['public-port', 'redis-url']);
  assert.deepEqual(config, { ...inForce, origins: ['https://b.example'], logLevel: 'debug' });
});

test('the same read again is no change', () => {
  const inForce = configOf({});
  assert.deepEqual(renew(inForce, configOf({})), { config: inForce, changed: [], ignored: [] });
});

test('an option that is not given any more goes back to its default', () => {
  const { config, changed } = renew(configOf({ TABCAST_MAX_GROUPS: '7' }), configOf({}));
  assert.deepEqual(changed, ['max-groups']);
  assert.equal(config.maxGroups, configOf({}).maxGroups);
});

test('where to listen, what runs and how many never change in a running process', () => {
  for (const name of ['mode', 'workers', 'handlers', 'public-port', 'internal-host', 'redis-url'] as const)
    assert.equal(isReloadable(name), false, name);
  for (const name of ['token-secrets', 'api-keys', 'origins', 'log-level'] as const)
    assert.equal(isReloadable(name), true, name);
});
