import { groupChannel, userChannel } from '@tabcast/shared';
import { isConnectionId, isId, isNatural } from './fields.js';
import type { Answers, Questions, Said } from './questions.js';

/** Most connections or users that one description lists. */
export const maxListed = 1000;

/** One tab of a user. */
export interface TabHere {
  /** Id of the connection. */
  readonly connection: string;
  /** Login session; null where the token names none. */
  readonly session: string | null;
  readonly groups: readonly string[];
  /** When it was welcomed, in ms since the epoch, by the clock of its gateway. */
  readonly since: number;
}

/** What one gateway says of a user: how many tabs it holds, and the first 1000 of them. */
export interface UserHere {
  readonly tabs: number;
  readonly listed: readonly TabHere[];
}

/** What one gateway says of a group: how many tabs of it are here, and of the first 1000 users how many each has. */
export interface GroupHere {
  readonly tabs: number;
  readonly users: readonly UserTabs[];
  /** Whether there are more users than these. */
  readonly cut: boolean;
}

/** How many tabs a user has in a group. */
export interface UserTabs {
  readonly user: string;
  readonly tabs: number;
}

/** One tab of a user, and the gateway that holds it. */
export interface Connection extends TabHere {
  readonly gateway: string;
}

/** A user, put together from what the gateways said. */
export interface UserPresence {
  readonly user: string;
  readonly online: boolean;
  readonly tabs: number;
  readonly sessions: readonly string[];
  /** Gateways that hold tabs of the user. */
  readonly gateways: readonly string[];
  readonly groups: readonly string[];
  /** When the oldest of the tabs was welcomed, in ms since the epoch; null without tabs. */
  readonly since: number | null;
  readonly connections: readonly Connection[];
  /** Whether there are more tabs than are listed; sessions, groups and since then know nothing of the others. */
  readonly cut: boolean;
  /** Whether every gateway that holds the user has answered. */
  readonly complete: boolean;
}

/** A group, put together from what the gateways said. */
export interface GroupPresence {
  readonly group: string;
  readonly tabs: number;
  /** Gateways that hold tabs of the group. */
  readonly gateways: readonly string[];
  /** The users with most tabs first. */
  readonly users: readonly UserTabs[];
  /** Whether there are more users than are listed. */
  readonly cut: boolean;
  /** Whether every gateway that holds tabs of the group has answered. */
  readonly complete: boolean;
}

/**
 * Who is online, asked of those who must know: a gateway is subscribed to the channel of a user exactly while it holds a
 * tab of the user. Nothing is written down anywhere, so nothing can be out of date.
 */
export class Presence {
  readonly #questions: Pick<Questions, 'ask'>;

  constructor(questions: Pick<Questions, 'ask'>) {
    this.#questions = questions;
  }

  /** @throws what Broker.publish throws */
  async user(user: string): Promise<UserPresence> {
    const answers = await this.#questions.ask(userChannel(user), { kind: 'describe' }, readUserHere);
    return mergeUser(user, answers);
  }

  /** @throws what Broker.publish throws */
  async group(group: string): Promise<GroupPresence> {
    const answers = await this.#questions.ask(groupChannel(group), { kind: 'describe' }, readGroupHere);
    return mergeGroup(group, answers);
  }
}

function mergeUser(user: string, { answers, complete }: Answers<UserHere>): UserPresence {
  const tabs = sum(answers, ({ body }) => body.tabs);
  const connections = answers
    .flatMap(({ gateway, body }) => body.listed.map((tab) => connectionOf(gateway, tab)))
    .sort((one, other) => one.since - other.since)
    .slice(0, maxListed);
  return {
    user,
    // Who has not answered holds the user all the same.
    online: tabs > 0 || !complete,
    tabs,
    sessions: distinct(connections.flatMap(({ session }) => session ?? [])),
    gateways: holders(answers),
    groups: distinct(connections.flatMap(({ groups }) => groups)),
    since: connections[0]?.since ?? null,
    connections,
    cut: connections.length < tabs,
    complete,
  };
}

function connectionOf(gateway: string, { connection, session, groups, since }: TabHere): Connection {
  return { connection, gateway, session, groups, since };
}

function mergeGroup(group: string, { answers, complete }: Answers<GroupHere>): GroupPresence {
  const tabsOf = new Map<string, number>();
  for (const { body } of answers)
    for (const { user, tabs } of body.users) tabsOf.set(user, (tabsOf.get(user) ?? 0) + tabs);
  const users = [...tabsOf].map(([user, tabs]) => ({ user, tabs })).sort((a, b) => b.tabs - a.tabs);
  return {
    group,
    tabs: sum(answers, ({ body }) => body.tabs),
    gateways: holders(answers),
    users: users.slice(0, maxListed),
    cut: users.length > maxListed || answers.some(({ body }) => body.cut),
    complete,
  };
}

/** A gateway stays subscribed for a moment after its last tab has gone. */
function holders(answers: readonly Said<{ tabs: number }>[]): string[] {
  return answers.flatMap(({ gateway, body }) => (body.tabs > 0 ? gateway : [])).sort();
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort();
}

/** Reads the body of an answer about a user; undefined when it is none. */
function readUserHere(body: unknown): UserHere | undefined {
  const { tabs, listed } = fieldsOf(body);
  if (!isNatural(tabs) || !isListOf(listed, isTabHere) || listed.length > tabs) return undefined;
  return { tabs, listed };
}

/** Reads the body of an answer about a group; undefined when it is none. */
function readGroupHere(body: unknown): GroupHere | undefined {
  const { tabs, users, cut } = fieldsOf(body);
  if (!isNatural(tabs) || !isListOf(users, isUserTabs) || typeof cut !== 'boolean') return undefined;
  return { tabs, users, cut };
}

function isTabHere(value: unknown): value is TabHere {
  const { connection, session, groups, since } = fieldsOf(value);
  if (!isConnectionId(connection)) return false;
  // How many groups a tab may be in is for its gateway to say.
  const areIds = Array.isArray(groups) && groups.every(isId);
  return (session === null || isId(session)) && areIds && isNatural(since);
}

function isUserTabs(value: unknown): value is UserTabs {
  const { user, tabs } = fieldsOf(value);
  return isId(user) && isNatural(tabs);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isListOf<T>(value: unknown, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.length <= maxListed && value.every(is);
}
