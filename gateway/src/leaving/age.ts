import type { LeavingTab } from './farewells.js';

/** How far the ages at which tabs are closed lie apart, as a part of the maximum age on either side. */
const jitter = 0.25;

/**
 * The chance that a tab is to be closed within this second. Tabs that came together shall not go together, so the age at
 * which one is closed is anywhere between 75 and 125 % of the maximum, each as likely. No tab has to remember an age of
 * its own for that: it is enough to toss a coin every second, whose odds are one to the seconds that are left.
 *
 * Near the end the odds stay what they are: after a pause, for instance without Redis, many are overdue, and must not go
 * at once. So one in thirty gets a little older than 125 %.
 *
 * @param age in s
 * @param maxAge in s
 */
export function chanceToGo(age: number, maxAge: number): number {
  const [earliest, latest] = [maxAge * (1 - jitter), maxAge * (1 + jitter)];
  if (age < earliest) return 0;
  return 1 / Math.max(1, latest - age, (latest - earliest) / 30);
}

/**
 * The tabs to be closed within this second.
 *
 * @param maxAge in s
 * @param now in ms since the epoch
 */
export function ofAge<Tab extends LeavingTab>(
  tabs: Iterable<Tab>,
  maxAge: number,
  now: number,
  random: () => number,
): Tab[] {
  return [...tabs].filter(
    ({ state, since }) => state === 'open' && random() < chanceToGo((now - since) / 1000, maxAge),
  );
}
