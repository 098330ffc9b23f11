import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { webhookEvents } from '../../src/backend/webhook/event.js';
import { options } from '../../src/config/options.js';
import { load, production } from './config-given.js';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const url = 'https://app.example/hook';

/** What is wrong with a configuration that is well but for these options, without the names of variables. */
function problems(given: Record<string, string>): string[] {
  const environment = { ...production, TABCAST_WEBHOOK_URL: url, TABCAST_WEBHOOK_SECRETS: secret, ...given };
  return load({ environment }).problems.map((problem) => problem.replace(/^.*?: /, ''));
}

describe('options of webhooks', () => {
  test('a URL and a secret are enough', () => {
    assert.deepEqual(problems({}), []);
  });

  test('there are as many events as there are', () => {
    for (const event of webhookEvents) assert.equal(options['webhook-events'].kind.read(event), event);
  });

  const risk = 'expected an https:// URL to the internet, or webhook-private-networks';
  const rows: [what: string, given: Record<string, string>, problem: string][] = [
    [
      'no secret',
      { TABCAST_WEBHOOK_SECRETS: '' },
      'expected at least one secret where there is a webhook-url, given none',
    ],
    [
      'functions that take the actions too',
      { TABCAST_HANDLERS: './app.js' },
      'expected no action among the webhook-events where there are handlers: one of both takes the actions, given both',
    ],
    ['plain http', { TABCAST_WEBHOOK_URL: 'http://app.example/' }, `${risk}, given plain http`],
    [
      'a private address',
      { TABCAST_WEBHOOK_URL: 'https://10.0.0.1/' },
      `${risk}, given 10.0.0.1 is in a private network; see the option webhook-private-networks`,
    ],
    [
      'metadata, though private networks are allowed',
      { TABCAST_WEBHOOK_URL: 'http://169.254.169.254/', TABCAST_WEBHOOK_PRIVATE_NETWORKS: 'true' },
      `${risk}, given 169.254.169.254 is where a cloud keeps its secrets`,
    ],
  ];
  for (const [what, given, problem] of rows)
    test(`${what} is a problem`, () => assert.deepEqual(problems(given), [problem]));

  test('no event is a problem', () => {
    const environment = { ...production, TABCAST_WEBHOOK_URL: url, TABCAST_WEBHOOK_SECRETS: secret };
    const { problems } = load({ environment, file: { 'webhook-events': [] } });
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /expected at least one event where there is a webhook-url, given none$/);
  });

  test('handlers go together with all other events, and private networks with plain http', () => {
    const given = {
      TABCAST_HANDLERS: './app.js',
      TABCAST_WEBHOOK_EVENTS: 'connect,disconnect,online,offline',
      TABCAST_WEBHOOK_URL: 'http://127.0.0.1:8000/',
      TABCAST_WEBHOOK_PRIVATE_NETWORKS: 'true',
    };
    assert.deepEqual(problems(given), []);
  });

  test('without a URL none of them matters', () => {
    assert.deepEqual(
      problems({ TABCAST_WEBHOOK_URL: '', TABCAST_WEBHOOK_SECRETS: '', TABCAST_HANDLERS: './app.js' }),
      [],
    );
  });
});
