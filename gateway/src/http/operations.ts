import type { ProblemCode } from './problem.js';
import { ref, type Schema } from './schemas.js';

/** One method of one path of the internal port, as the documentation tells it. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `{name}` stands for one segment that is not empty, percent-encoded in the request. */
  readonly path: string;
  /** What it does. */
  readonly sentence: string;
  /** Whether an API key is needed. */
  readonly guarded: boolean;
  /** What the query may have; absent where none is read. */
  readonly query?: Readonly<Record<string, QueryParameter>>;
  /** What the body has to be; absent where none is read. */
  readonly body?: Schema;
  /** Whether `Idempotency-Key` is read. */
  readonly repeatable?: true;
  /** Answers that are no problems, by status: JSON of a schema, or another type of content. */
  readonly answers: Readonly<Record<number, Schema | string>>;
  /** Problems beside those that any operation has. */
  readonly problems: readonly ProblemCode[];
}

/** One parameter of a query. */
export interface QueryParameter {
  readonly schema: Schema;
  readonly required?: true;
  readonly description: string;
}

/** Most entries on one page of a history. */
export const maxPage = 1000;

/** Entries on one page of a history unless the request says how many. */
export const defaultPage = 100;

const broker = ['broker-unavailable', 'outcome-unknown'] as const;

/** Every operation. docs/api.md and the OpenAPI document are generated from here. */
export const operations = {
  send: {
    method: 'POST',
    path: '/v1/send',
    sentence: 'Sends an action to tabs: one send, or an array of up to 1000.',
    guarded: true,
    body: { oneOf: [ref('Send'), { type: 'array', items: ref('Send'), minItems: 1, maxItems: 1000 }] },
    repeatable: true,
    answers: { 200: { oneOf: [ref('Receipt'), { type: 'array', items: ref('Receipt') }] } },
    problems: ['not-json', 'invalid-field', 'idempotency-conflict', 'history-full', ...broker],
  },
  history: {
    method: 'GET',
    path: '/v1/history',
    sentence: 'What a channel has kept, oldest first, page by page.',
    guarded: true,
    query: {
      channel: {
        schema: { type: 'string' },
        required: true,
        description: '`all`, `registered`, `user:<id>` or `group:<id>`.',
      },
      after: {
        schema: ref('Position'),
        description: 'Only what came after this position; absent: everything that is kept.',
      },
      limit: {
        schema: { type: 'integer', minimum: 0, maximum: maxPage, default: defaultPage },
        description: 'Most entries to return; 0 asks only where the channel stands.',
      },
    },
    answers: { 200: ref('History') },
    problems: ['invalid-field', ...broker],
  },
  user: {
    method: 'GET',
    path: '/v1/users/{id}',
    sentence: 'Whether a user is online, and with which tabs.',
    guarded: true,
    answers: { 200: ref('User') },
    problems: ['invalid-field', ...broker],
  },
  group: {
    method: 'GET',
    path: '/v1/groups/{id}',
    sentence: 'The users in a group, and how many tabs each of them has there.',
    guarded: true,
    answers: { 200: ref('Group') },
    problems: ['invalid-field', ...broker],
  },
  putMember: {
    method: 'PUT',
    path: '/v1/groups/{id}/users/{user}',
    sentence: 'Puts a user into a group, with the tabs that are open and those that will be.',
    guarded: true,
    answers: { 200: ref('Gateways') },
    problems: ['invalid-field', ...broker],
  },
  removeMember: {
    method: 'DELETE',
    path: '/v1/groups/{id}/users/{user}',
    sentence: 'Takes a user out of a group, with all tabs.',
    guarded: true,
    answers: { 200: ref('Gateways') },
    problems: ['invalid-field', ...broker],
  },
  disconnect: {
    method: 'POST',
    path: '/v1/disconnect',
    sentence: 'Closes the tabs of a user, of one login, or one connection.',
    guarded: true,
    body: ref('Disconnect'),
    answers: { 200: ref('Gateways') },
    problems: ['not-json', 'invalid-field', ...broker],
  },
  revoke: {
    method: 'POST',
    path: '/v1/revoke',
    sentence: 'Takes back the tokens of a user, of one login, or one token.',
    guarded: true,
    body: ref('Revoke'),
    answers: { 200: ref('Revoked') },
    problems: ['not-json', 'invalid-field', ...broker],
  },
  nodes: {
    method: 'GET',
    path: '/v1/nodes',
    sentence: 'The gateways alive, and their load.',
    guarded: true,
    answers: { 200: ref('Nodes') },
    problems: [],
  },
  trends: {
    method: 'GET',
    path: '/v1/trends',
    sentence: 'The load of each gateway over the last 15 minutes, and why tabs were closed.',
    guarded: true,
    answers: { 200: ref('Trends') },
    problems: [],
  },
  drain: {
    method: 'POST',
    path: '/v1/nodes/{id}/drain',
    sentence: 'Lets a gateway leave as on SIGTERM: it sends its tabs away one after the other, and ends.',
    guarded: true,
    answers: { 202: ref('Draining') },
    problems: ['not-found', ...broker],
  },
  openapi: {
    method: 'GET',
    path: '/v1/openapi.json',
    sentence: 'This API as an OpenAPI 3.1 document.',
    guarded: false,
    answers: { 200: { type: 'object' } },
    problems: [],
  },
  health: {
    method: 'GET',
    path: '/healthz',
    sentence: 'Whether the process answers.',
    guarded: false,
    answers: { 200: ref('State') },
    problems: [],
  },
  readiness: {
    method: 'GET',
    path: '/readyz',
    sentence: 'Whether new connections should come here: started, and not draining.',
    guarded: false,
    answers: { 200: ref('State'), 503: ref('State') },
    problems: [],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    sentence: 'Metrics for Prometheus.',
    guarded: false,
    answers: { 200: 'text/plain' },
    problems: [],
  },
} as const satisfies Record<string, Operation>;

/** Name of an operation, which is its `operationId`. */
export type OperationName = keyof typeof operations;
