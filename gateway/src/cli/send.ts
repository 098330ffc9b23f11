import type { Target } from '@tabcast/shared';
import type { CommandLine, Flags } from '../config/flags.js';
import { pattern } from '../config/kinds.js';
import type { Config } from '../config/options.js';
import { type Problem, quote } from '../config/problem.js';
import { type Io, wrongUsage } from './io.js';
import { ask, readAccess, wrongFlag } from './request.js';

/** Sends an action through a running gateway and prints the receipt. Resolves to the exit code. */
export async function send({ flags, words }: CommandLine, config: Config, io: Io): Promise<number> {
  const [action, ...details] = words;
  const to = readTarget(flags);
  const { access, problems: inaccessible } = readAccess(flags, config);
  const idempotencyKey = flags.get('idempotency-key')?.at(-1);
  const problems = [
    ...to.problems,
    ...(action === undefined ? [{ where: 'tabcast send', expected: 'an action', given: 'none' }] : []),
    ...inaccessible,
    ...wrongFlag('idempotency-key', idempotencyKey, headerText),
  ];
  if (problems.length > 0) return wrongUsage(problems, io);
  const headers = {
    'content-type': 'application/json',
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
  const isKept = flags.get('history')?.at(-1) !== 'false';
  const body = {
    ...{ to: to.target, action, details: details.map(readDetail) },
    ...(isKept ? {} : { history: false }),
  };
  return await ask(access, { method: 'POST', path: '/v1/send', headers, body }, io, io.out);
}

const headerText = pattern('visible ASCII characters without spaces', /^[\x21-\x7e]+$/);

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
