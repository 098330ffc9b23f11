import { checkId } from '@tabcast/shared';
import type { UserPresence } from '../cluster/presence.js';
import type { CommandLine } from '../config/flags.js';
import type { Config } from '../config/options.js';
import { type Problem, quote } from '../config/problem.js';
import { type Io, wrongUsage } from './io.js';
import { ask, readAccess } from './request.js';

/** Prints whether a user is online and with which tabs, as text or as JSON. Resolves to the exit code. */
export async function showUser({ flags, words }: CommandLine, config: Config, io: Io): Promise<number> {
  const { access, problems: wrongAccess } = readAccess(flags, config);
  const problems = [...wrongWords(words), ...wrongAccess];
  if (problems.length > 0) return wrongUsage(problems, io);
  const asJson = flags.get('json')?.at(-1) === 'true';
  const path = `/v1/users/${encodeURIComponent(words[0]!)}`;
  return await ask(access, { method: 'GET', path }, io, (answer) =>
    io.out(asJson ? answer : userText(JSON.parse(answer))),
  );
}

/** What is known of a user, for a terminal. */
export function userText(presence: UserPresence): string {
  const { user, online, tabs, gateways, sessions, groups, connections, cut, complete } = presence;
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  const lines = [`${shown(user)} is ${online ? 'online' : 'offline'}`];
  if (!complete) lines.push('not every gateway that holds the user has answered: there may be more tabs');
  if (tabs === 0) return lines.join('\n');
  lines[0] += `: ${many(tabs, 'tab')} on ${many(gateways.length, 'gateway')}`;
  if (sessions.length > 0) lines.push(`sessions: ${sessions.map(shown).join(', ')}`);
  if (groups.length > 0) lines.push(`groups: ${groups.map(shown).join(', ')}`);
  lines.push(
    ...connections.map(
      ({ connection, session, since }) =>
        `  ${connection}  since ${new Date(since).toISOString()}${session === null ? '' : `  session ${shown(session)}`}`,
    ),
  );
  if (cut) lines.push(`  and ${tabs - connections.length} more`);
  return lines.join('\n');
}

/** An id as JSON: control characters in it do nothing to the terminal. */
function shown(id: string): string {
  return JSON.stringify(id);
}

function wrongWords(words: readonly string[]): Problem[] {
  const where = 'tabcast user';
  if (words.length !== 1)
    return [{ where, expected: 'the id of one user', given: words.map(quote).join(' ') || 'none' }];
  const expected = checkId(words[0]);
  return expected === undefined ? [] : [{ where, expected, given: quote(words[0]!) }];
}
