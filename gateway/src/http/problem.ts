import { type Answer, json } from './answer.js';

/**
 * Every way in which the HTTP API refuses, as problem JSON (RFC 9457). `code` is the API: stable, and the end of the
 * problem's `type`. docs/errors.md is generated from here.
 */
export const problems = {
  'not-json': { status: 400, title: 'The body is not JSON' },
  'invalid-field': { status: 400, title: 'A field is not what it should be' },
  unauthorized: { status: 401, title: 'No API key, or one that is not accepted' },
  'not-found': { status: 404, title: 'There is nothing at this path' },
  'method-not-allowed': { status: 405, title: 'This path does not take this method' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'idempotency-conflict': { status: 422, title: 'The idempotency key was used for another send' },
  internal: { status: 500, title: 'The gateway failed; its log says why' },
  'broker-unavailable': { status: 503, title: 'The broker cannot be reached; try again later' },
  'outcome-unknown': {
    status: 503,
    title: 'The broker did not answer in time; what was asked may have happened',
  },
  'history-full': { status: 507, title: 'The broker has no memory left to keep a send; it went to nobody' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** Details of one occurrence. */
export interface Occurrence {
  /** What happened this time, for a person. */
  detail?: string;
  /** Path of the offending field, for instance `[3].to.users[0]`. */
  field?: string;
  /** What was expected there. */
  expected?: string;
}

/** Seconds after which a backend should try again while the broker is away; it heals by itself within about two. */
const retryAfter = '1';

/** Answers with a problem. */
export function problem(
  code: ProblemCode,
  occurrence: Occurrence = {},
  headers: Record<string, string> = {},
): Answer {
  const { status, title } = problems[code];
  return json(
    status,
    { type: `urn:tabcast:problem:${code}`, title, status, code, ...occurrence },
    {
      'content-type': 'application/problem+json',
      ...(status === 503 ? { 'retry-after': retryAfter } : {}),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...headers,
    },
  );
}
