import { groupChannel } from '@tabcast/shared';
import { BrokerUnavailable } from '../broker/broker.js';
import type { MembershipChange } from '../cluster/memberships.js';
import type { Stay } from '../fanout/members.js';
import { noRoomFor } from './groups.js';
import type { Tab } from './tab.js';

/**
 * Puts a tab into the groups that the backend has put its user into, and resolves to its stays there when the broker has
 * confirmed them. To be called when the channel of the user is confirmed: whatever is ordered from then on waits in the
 * tab for `catchUp`.
 */
export async function takeMemberships(tab: Tab): Promise<Stay[]> {
  const { fanout, memberships } = tab.rules;
  const { identity } = tab;
  if (identity === null) return [];
  const found = await memberships.of(identity.user, () => tab.state !== 'closed');
  if (tab.state === 'closed') return [];
  const placed = found.filter((group) => mark(tab, group));
  return fanout.enter(tab, placed.map(groupChannel));
}

/** Carries out what was ordered since the memberships were looked up. */
export function catchUp(tab: Tab): void {
  for (const [group, change] of tab.takeChanges()) changeMembership(tab, group, change);
}

/** The backend has put the user into a group, or taken it out. Never throws. */
export function changeMembership(tab: Tab, group: string, change: MembershipChange): void {
  if (tab.keepChange(group, change)) return;
  if (change === 'remove') displace(tab, group);
  else
    place(tab, group).catch((error: unknown) => {
      // A broker that is being closed takes its gateway with it.
      if (error instanceof BrokerUnavailable) return;
      tab.rules.log.error({ err: error, connection: tab.connection }, 'a tab could not be put into a group');
    });
}

async function place(tab: Tab, group: string): Promise<void> {
  const { fanout } = tab.rules;
  if (!mark(tab, group)) return;
  const stays = await fanout.enter(tab, [groupChannel(group)]);
  if (tab.state === 'closed' || !stays[0]!.lasts) return;
  const standing = fanout.listen(stays);
  tab.send({ action: 'sys/join', details: standing ? [group, standing] : [group] });
}

function displace(tab: Tab, group: string): void {
  if (!tab.groups.has(group)) return;
  tab.dropGroup(group);
  tab.leave([groupChannel(group)]);
  tab.send({ action: 'sys/leave', details: [group] });
}

/** Notes that the backend wants the tab in a group, and says whether it has to enter: it may be there, or be full. */
function mark(tab: Tab, group: string): boolean {
  const full = noRoomFor(tab, group);
  if (full !== undefined) {
    tab.rules.log.warn({ connection: tab.connection, group }, full);
    return false;
  }
  const isNew = !tab.groups.has(group);
  tab.placed = new Set(tab.placed).add(group);
  tab.groups = new Set(tab.groups).add(group);
  return isNew;
}
