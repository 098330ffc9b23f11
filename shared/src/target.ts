import { checkId, groupChannel, userChannel } from './channel.js';

/**
 * Who a send is for. One of the members, or several of `user`, `users`, `group`, `groups` together: a tab that is in
 * more than one of them gets the send once.
 */
export interface Target {
  /** Every tab, anonymous ones too. */
  all?: true;
  /** Every tab with an identity. */
  registered?: true;
  /** Every tab of one user. */
  user?: string;
  /** Every tab of these users. */
  users?: readonly string[];
  /** Every tab in one group. */
  group?: string;
  /** Every tab in these groups. */
  groups?: readonly string[];
  /** With `user` alone: only the tabs of this login session. */
  session?: string;
  /** One tab, by its connection id. */
  connection?: string;
  /** Leaves out the tab with this connection id, usually the sender's. */
  except?: string;
}

/** A member that is not what it should be. */
export interface Invalid {
  /** Path of the member, for instance `to.users[3]`. */
  field: string;
  /** What was expected there, for a person. */
  expected: string;
}

/** Most users, and most groups, that one send may name. */
export const maxTargets = 1000;

/** What separates the gateway's part of a connection id from the tab's. */
const connectionSeparator = '-';

/** A connection id: the gateway that holds the tab, and the tab's number there. */
export function connectionId(gateway: string, number: number): string {
  return gateway + connectionSeparator + number.toString(36);
}

/** The gateway that holds a connection, or undefined when the text is no connection id. */
export function gatewayOf(connection: string): string | undefined {
  return /^([0-9a-z]+)-[0-9a-z]+$/.exec(connection)?.[1];
}

/** Says what was expected when a value is no connection id; undefined when it is one. */
export function checkConnectionId(id: unknown): string | undefined {
  const isOne = typeof id === 'string' && id.length <= 64 && gatewayOf(id) !== undefined;
  return isOne ? undefined : 'a connection id, as sys/welcome gives it';
}

const members = new Set([
  'all',
  'registered',
  'user',
  'users',
  'group',
  'groups',
  'session',
  'connection',
  'except',
]);
const recipients = ['all', 'registered', 'user', 'users', 'group', 'groups', 'connection'] as const;
const alone = ['all', 'registered', 'connection'] as const;

/** Checks a target that came from outside. Returns the first thing that is wrong with it, or undefined. */
export function checkTarget(to: unknown): Invalid | undefined {
  if (typeof to !== 'object' || to === null || Array.isArray(to))
    return { field: 'to', expected: 'an object such as {"user": "42"}' };
  const target = to as Record<string, unknown>;
  for (const name of Object.keys(target))
    if (!members.has(name)) return { field: `to.${name}`, expected: `one of ${[...members].join(', ')}` };
  return checkCombination(target) ?? checkFlags(target) ?? checkIds(target) ?? checkConnections(target);
}

function checkCombination(target: Record<string, unknown>): Invalid | undefined {
  const given = recipients.filter((name) => target[name] !== undefined);
  if (given.length === 0) return { field: 'to', expected: `at least one of ${recipients.join(', ')}` };
  const single = alone.find((name) => given.includes(name));
  if (single !== undefined && given.length > 1)
    return { field: `to.${single}`, expected: `no other recipient beside ${single}` };
  if (target['session'] !== undefined && (given.length > 1 || given[0] !== 'user'))
    return { field: 'to.session', expected: 'user, and no other recipient, beside session' };
  if (target['except'] !== undefined && given[0] === 'connection')
    return { field: 'to.except', expected: 'another recipient than connection' };
  return undefined;
}

function checkFlags(target: Record<string, unknown>): Invalid | undefined {
  for (const name of ['all', 'registered'])
    if (target[name] !== undefined && target[name] !== true) return { field: `to.${name}`, expected: 'true' };
  return undefined;
}

function checkIds(target: Record<string, unknown>): Invalid | undefined {
  for (const name of ['user', 'group', 'session']) {
    const wrong = target[name] === undefined ? undefined : checkId(target[name]);
    if (wrong !== undefined) return { field: `to.${name}`, expected: wrong };
  }
  for (const name of ['users', 'groups']) {
    const wrong = target[name] === undefined ? undefined : checkIdList(name, target[name]);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function checkIdList(name: string, ids: unknown): Invalid | undefined {
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > maxTargets)
    return { field: `to.${name}`, expected: `an array of 1 to ${maxTargets} ids` };
  for (const [index, id] of ids.entries()) {
    const wrong = checkId(id);
    if (wrong !== undefined) return { field: `to.${name}[${index}]`, expected: wrong };
  }
  return undefined;
}

function checkConnections(target: Record<string, unknown>): Invalid | undefined {
  for (const name of ['connection', 'except']) {
    const wrong = target[name] === undefined ? undefined : checkConnectionId(target[name]);
    if (wrong !== undefined) return { field: `to.${name}`, expected: wrong };
  }
  return undefined;
}

/** The channels of a target's users and groups, each once, or `all` or `registered`. Empty for a connection. */
export function targetChannels(target: Target): string[] {
  if (target.all) return ['all'];
  if (target.registered) return ['registered'];
  const channels = new Set<string>();
  if (target.user !== undefined) channels.add(userChannel(target.user));
  for (const user of target.users ?? []) channels.add(userChannel(user));
  if (target.group !== undefined) channels.add(groupChannel(target.group));
  for (const group of target.groups ?? []) channels.add(groupChannel(group));
  return [...channels];
}
