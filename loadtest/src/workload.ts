/** Tabs per user. */
const tabsPerUser = 2;

/** Who is sent to, and how often. */
export interface Workload {
  /** `users`: each message to one user, in turn. `broadcast`: each message to everyone. */
  readonly kind: 'users' | 'broadcast';
  /** Messages sent per second; each is delivered to two tabs, or to all. */
  readonly perSecond: number;
  readonly tabs: number;
}

/** What is measured when nothing else is asked for. */
export const defaultWorkloads = [
  'users:5000:1000',
  'users:20000:1000',
  'broadcast:100:1000',
  'broadcast:1000:1000',
];

/** All messages have this size, bytes of JSON text. */
export const messageBytes = 128;

/** Reads `<kind>:<sends per second>:<tabs>`, for instance `users:20000:10000`. */
export function parseWorkload(text: string): Workload {
  const [, kind, perSecond, tabs] = /^(users|broadcast):([1-9]\d*):([1-9]\d*)$/.exec(text) ?? [];
  if (kind === undefined)
    throw new RangeError(`workload "${text}": expected users|broadcast:<per second>:<tabs>`);
  return { kind: kind as Workload['kind'], perSecond: Number(perSecond), tabs: Number(tabs) };
}

/** The user that the tab with this index belongs to. */
export function userOf(tab: number): string {
  return `u${Math.floor(tab / tabsPerUser)}`;
}

/** Channels that the workload sends to, in turn. */
export function channelsOf({ kind, tabs }: Workload): string[] {
  if (kind === 'broadcast') return ['all'];
  return Array.from({ length: Math.ceil(tabs / tabsPerUser) }, (_, user) => `user:u${user}`);
}

/** Index among `channelsOf` of the channel that brings messages to the tab with this index. */
export function channelOfTab({ kind }: Workload, tab: number): number {
  return kind === 'broadcast' ? 0 : Math.floor(tab / tabsPerUser);
}
