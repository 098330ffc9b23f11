import { checkId, type Frame, groupChannel } from '@tabcast/shared';
import { mayJoin } from '../auth/permissions.js';
import type { Tab } from './tab.js';

/** `sys/join`: enters a group that the token permits, and replies when everything sent to it arrives. */
export async function join(tab: Tab, frame: Frame): Promise<void> {
  const { rateLimits } = tab.rules;
  const [group] = frame.details;
  const wrong = checkId(group);
  if (wrong !== undefined) return tab.refuse(frame, 400, `group: expected ${wrong}`);
  if (!mayJoin(tab.identity, group as string))
    return tab.refuse(frame, 403, 'The token does not permit this group');
  const full = noRoomFor(tab, group as string);
  if (full !== undefined) return tab.refuse(frame, 403, full);
  const tooFast = rateLimits.exceeded(tab, 'joins', 1);
  if (tooFast === undefined) return enter(tab, group as string, frame);
  tab.refuse(frame, 429, tooFast);
  rateLimits.told(tab);
}

/** Undefined when a tab may be in a group besides those that it is in; else the reason, as a sentence. */
export function noRoomFor(tab: Tab, group: string): string | undefined {
  return tab.groups.has(group) ? undefined : tab.rules.rateLimits.tooManyGroups(tab.groups.size + 1);
}

/** `sys/leave`: leaves a group. Leaving one that the tab is not in is no error. */
export function leave(tab: Tab, frame: Frame): void {
  const [group] = frame.details;
  const wrong = checkId(group);
  if (wrong !== undefined) {
    tab.refuse(frame, 400, `group: expected ${wrong}`);
    return;
  }
  if (tab.groups.has(group as string)) {
    tab.dropGroup(group as string);
    tab.rules.fanout.leave(tab, [groupChannel(group as string)]);
  }
  tab.reply(frame, 'sys/leave', [group]);
}

async function enter(tab: Tab, group: string, frame: Frame): Promise<void> {
  const { fanout } = tab.rules;
  const channels = [groupChannel(group)];
  tab.groups = new Set(tab.groups).add(group);
  await fanout.enter(tab, channels);
  if (tab.state === 'closed') return;
  if (!tab.groups.has(group)) {
    tab.refuse(frame, 410, 'The group was left before it was joined');
    return;
  }
  fanout.listen(tab, channels);
  tab.reply(frame, 'sys/join', [group]);
}
