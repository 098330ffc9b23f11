import type { Target } from '@tabcast/shared';
import type { CommandLine, Flags } from '../config/flags.js';
import { apiKey, type Kind, pattern } from '../config/kinds.js';
import type { Config } from '../config/options.js';
import { type Problem, problemText, quote } from '../config/problem.js';
import { exitCodes, type Io } from './io.js';

/** How long the gateway may take to answer, in ms. */
const answerTimeout = 10_000;

/** Sends an action through a running gateway and prints the receipt. Resolves to the exit code. */
export async function send({ flags, words }: CommandLine, config: Config, io: Io): Promise<number> {
  const [action, ...details] = words;
  const to = readTarget(flags);
  const url = flags.get('url')?.at(-1) ?? internalUrl(config);
  const key = flags.get('key')?.at(-1) ?? config.apiKeys[0];
  const idempotencyKey = flags.get('idempotency-key')?.at(-1);
  const problems = [
    ...to.problems,
    ...(action === undefined ? [{ where: 'tabcast send', expected: 'an action', given: 'none' }] : []),
    ...wrongFlag('url', url, gatewayUrl),
    ...wrongFlag('key', key, apiKey),
    ...wrongFlag('idempotency-key', idempotencyKey, headerText),
  ];
  if (problems.length > 0) {
    for (const problem of problems) io.err(`tabcast: ${problemText(problem)}`);
    return exitCodes.usage;
  }
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
  return await post(url, headers, { to: to.target, action, details: details.map(readDetail) }, io);
}

async function post(url: string, headers: Record<string, string>, body: unknown, io: Io): Promise<number> {
  try {
    const answer = await fetch(`${url.replace(/\/$/, '')}/v1/send`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerTimeout),
    });
    const text = await answer.text();
    if (answer.ok) io.out(text);
    else io.err(`tabcast: the gateway answered ${answer.status}: ${reasonOf(text) || answer.statusText}`);
    return answer.ok ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    io.err(`tabcast: no answer from ${url}: ${whyUnreachable(error)}`);
    return exitCodes.failed;
  }
}

const headerText = pattern('visible ASCII characters without spaces', /^[\x21-\x7e]+$/);

const gatewayUrl = pattern(
  'an http:// or https:// URL without user or query',
  /^https?:\/\/[^/?#@\s]+(\/[^?#@\s]*)?$/,
);

function wrongFlag(flag: string, given: string | undefined, kind: Kind<string>): Problem[] {
  if (given === undefined || kind.read(given) !== undefined) return [];
  return [{ where: `flag --${flag}`, expected: kind.expected, given: kind.mask?.(given) ?? quote(given) }];
}

/** The internal port of a gateway with this configuration on this machine; systems take 0.0.0.0 for themselves. */
function internalUrl({ internalHost, internalPort }: Config): string {
  return `http://${internalHost.includes(':') ? `[${internalHost}]` : internalHost}:${internalPort}`;
}

/** Puts the recipients together; whether they may stand together is for the gateway to say. */
function readTarget(flags: Flags): { target: Target; problems: Problem[] } {
  const given = flags.get('to') ?? [];
  const named = (kind: string) =>
    given.flatMap((to) => (to.startsWith(`${kind}:`) ? [to.slice(kind.length + 1)] : []));
  const [users, groups, connections] = [named('user'), named('group'), named('connection')];
  const session = flags.get('session')?.at(-1);
  const except = flags.get('except')?.at(-1);
  const target: Target = {
    ...(given.includes('all') ? { all: true } : {}),
    ...(given.includes('registered') ? { registered: true } : {}),
    ...(users.length > 1 ? { users } : users[0] === undefined ? {} : { user: users[0] }),
    ...(groups.length > 1 ? { groups } : groups[0] === undefined ? {} : { group: groups[0] }),
    ...(connections[0] === undefined ? {} : { connection: connections[0] }),
    ...(session === undefined ? {} : { session }),
    ...(except === undefined ? {} : { except }),
  };
  const unknown = given.filter((to) => !/^(all|registered|(user|group|connection):.+)$/s.test(to));
  const wrong = given.length === 0 ? ['none'] : [...unknown.map(quote), ...connections.slice(1).map(quote)];
  const expected = 'all, registered, user:<id>, group:<id> or one connection:<id>';
  return { target, problems: wrong.map((given) => ({ where: 'flag --to', expected, given })) };
}

function readDetail(word: string): unknown {
  try {
    return JSON.parse(word);
  } catch {
    return word;
  }
}

/** What problem JSON (RFC 9457) says, or nothing when the body is none. */
function reasonOf(body: string): string {
  const problem = readDetail(body);
  if (typeof problem !== 'object' || problem === null) return '';
  const { title, field, expected, detail } = problem as Record<string, unknown>;
  const place = typeof expected === 'string' ? `${field ?? 'body'}: expected ${expected}` : undefined;
  return [title, place, detail].filter((part) => typeof part === 'string').join('; ');
}

function whyUnreachable(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  if (name === 'TimeoutError') return `none within ${answerTimeout / 1000} s`;
  if (cause?.code === 'ECONNREFUSED')
    return 'connection refused; is a gateway running, and is --url its internal port?';
  return cause?.code ?? cause?.message ?? message;
}
