import { readSecret } from '../../backend/webhook/signature.js';
import { choice, integer, type Kind, masked, optional, trueOrFalse, webUrl } from '../kinds.js';
import { many, type Option, one } from '../option.js';

const webhookSecret: Kind<string> = {
  expected: 'whsec_ and 24 to 64 bytes in base64',
  read: (given) => (readSecret(given) ? given : undefined),
  mask: () => masked,
};

const webhookEvent = choice('connect', 'action', 'disconnect', 'online', 'offline');

/** The application behind a URL. */
export const webhooks = {
  'webhook-url': one(optional(webUrl), '', {
    sentence: 'Where the application takes events, each a signed POST. Empty: nowhere.',
  }),
  'webhook-secrets': many(webhookSecret, {
    sentence:
      'Secrets that sign webhooks (Standard Webhooks). Each of them signs, so that one can be replaced.',
  }),
  'webhook-events': {
    kind: webhookEvent,
    default: ['action'],
    sentence: 'The events that the application wants.',
  } as Option<readonly ('connect' | 'action' | 'disconnect' | 'online' | 'offline')[]>,
  'webhook-timeout': one(integer(100, 30_000, 'ms'), 5000, {
    sentence: 'How long the answer to a webhook may take, waiting in the queue included.',
  }),
  'webhook-concurrency': one(integer(2, 1024, 'requests'), 64, {
    sentence: 'Most webhooks on their way at once. Events that only tell take at most half of them.',
  }),
  'webhook-queue': one(integer(10, 100_000, 'webhooks'), 1000, {
    sentence:
      'Most questions, and most events, that may wait. Beyond that a question is refused and an event dropped. One tab may take a tenth of the questions.',
  }),
  'webhook-body-limit': one(integer(1024, 1_048_576, 'bytes'), 65_536, {
    sentence: 'Longest body of an answer to a webhook.',
  }),
  'webhook-private-networks': one(trueOrFalse, false, {
    development: true,
    sentence:
      'Whether webhooks may go to private, loopback and link-local addresses, and over plain http. Addresses where clouds keep their secrets are refused always.',
  }),
} as const;
