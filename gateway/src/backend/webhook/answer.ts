import { checkDetails, detailsOf, type Invalid } from '@tabcast/shared';
import type { Identity } from '../../auth/identity.js';
import type { Answer } from './transport.js';

/** What an answer says, or what is wrong with it, for the log. */
export type Reading<T> = { readonly value: T } | { readonly wrong: string };

/** What a backend wants done about an action. */
export interface Verdict {
  /** Details of the reply; undefined where there is none. */
  readonly reply: unknown[] | undefined;
  readonly error: readonly [code: number, message: string] | undefined;
  /** Carry out the sends, in their order. */
  readonly sends: readonly (() => Promise<unknown>)[];
}

/** Checks one send as `POST /v1/send` does, and returns what carries it out. */
export type ReadSend = (value: unknown) => (() => Promise<unknown>) | Invalid;

/** Reads who a visitor is out of `{user, session, groups, join, expires}`. */
export type ReadIdentity = (
  members: Readonly<Record<string, unknown>>,
) => { readonly identity: Identity } | { readonly sentence: string };

/** Reads the answer to an `action`: nothing, or `{reply, error, send}`. */
export function readVerdict(answer: Answer, readSend: ReadSend): Reading<Verdict> {
  const members = readMembers(answer, ['reply', 'error', 'send']);
  if ('wrong' in members) return members;
  const { reply, error, send = [] } = members.value;
  const wrong = checkReply(reply, error) ?? checkError(error);
  if (wrong !== undefined) return { wrong };
  const sends = readSends(send, readSend);
  if ('wrong' in sends) return sends;
  return {
    value: {
      reply: reply === undefined ? undefined : detailsOf(reply),
      error: error as Verdict['error'],
      sends: sends.value,
    },
  };
}

/**
 * Reads the answer to a `connect`: `{user, …}`, or nothing or `{"anonymous": true}` for an anonymous visitor, whose
 * identity is null.
 * @param now in ms since the epoch: an identity that has ended already is nonsense
 */
export function readVisitor(
  answer: Answer,
  readIdentity: ReadIdentity,
  now: number,
): Reading<Identity | null> {
  if (answer.status === 204) return { value: null };
  const members = readMembers(answer, ['user', 'session', 'groups', 'join', 'expires', 'anonymous']);
  if ('wrong' in members) return members;
  const { anonymous, ...others } = members.value;
  if (anonymous === true && Object.keys(others).length === 0) return { value: null };
  if (anonymous !== undefined) return { wrong: 'anonymous: expected true, and nothing beside it' };
  const read = readIdentity(others);
  if ('sentence' in read) return { wrong: read.sentence };
  const { expires } = read.identity;
  if (expires !== null && expires <= now) return { wrong: 'expires: expected a time to come' };
  return { value: read.identity };
}

/** An object with no other members than these; an empty body counts as an empty object. */
function readMembers({ body }: Answer, known: readonly string[]): Reading<Readonly<Record<string, unknown>>> {
  const value = body.trim() === '' ? {} : parse(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { wrong: `expected a JSON object with ${known.join(', ')}` };
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) return { wrong: `${unknown.slice(0, 40)}: expected only ${known.join(', ')}` };
  return { value: value as Record<string, unknown> };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function checkReply(reply: unknown, error: unknown): string | undefined {
  if (reply !== undefined && error !== undefined) return 'error: expected no reply beside it';
  const wrong = checkDetails(reply);
  return wrong && `reply: expected ${wrong}`;
}

function checkError(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  const [code, message, ...others] = Array.isArray(error) ? error : [];
  const fits = Number.isSafeInteger(code) && typeof message === 'string' && others.length === 0;
  return fits ? undefined : 'error: expected [code, message], an integer and a string';
}

function readSends(send: unknown, readSend: ReadSend): Reading<(() => Promise<unknown>)[]> {
  if (!Array.isArray(send)) return { wrong: 'send: expected an array of {to, action, details}' };
  const sends: (() => Promise<unknown>)[] = [];
  for (const [index, value] of send.entries()) {
    const read = readSend(value);
    if (typeof read !== 'function')
      return { wrong: `send[${index}]${read.field && `.${read.field}`}: expected ${read.expected}` };
    sends.push(read);
  }
  return { value: sends };
}
