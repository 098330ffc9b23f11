import type { Frame, Welcome } from '@tabcast/shared';

/** Reads the details of `sys/welcome`; undefined where they are not such. */
export function readWelcome([value]: unknown[]): Welcome | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const welcome = value as Welcome;
  return { ...welcome, groups: Array.isArray(welcome.groups) ? welcome.groups : [] };
}

/** A welcome without what is soon no longer true: the tab moves on from its positions. */
export function lasting({ positions, recovered, ...welcome }: Welcome): Welcome {
  return welcome;
}

/** The welcome as it would be now, after a frame that says what has changed since. */
export function updated(welcome: Welcome, { action, details }: Frame): Welcome {
  const [subject] = details;
  if (action === 'sys/auth') return lasting(readWelcome([{ ...welcome, ...(subject as object) }])!);
  if (action !== 'sys/join' && action !== 'sys/leave') return welcome;
  const others = welcome.groups.filter((group) => group !== subject);
  return { ...welcome, groups: action === 'sys/leave' ? others : [...others, subject as string] };
}
