import { checkId, type Frame, groupChannel } from '@tabcast/shared';
import { mayJoin } from '../auth/permissions.js';
import type { Tab } from './tab.js';

/** Groups that a tab may be in at once, those of its token included. */
const maxGroups = 100;

/** `sys/join`: enters a group that the token permits, and replies when everything sent to it arrives. */
export async function join(tab: Tab, frame: Frame): Promise<void> {
  const [group] = frame.details;
  const wrong = checkId(group);
  if (wrong !== undefined) tab.refuse(frame, 400, `group: expected ${wrong}`);
  else if (!mayJoin(tab.identity, group as string))
    tab.refuse(frame, 403, 'The token does not permit this group');
  else if (tab.groups.size >= maxGroups && !tab.groups.has(group as string))
    tab.refuse(frame, 403, `A tab may be in at most ${maxGroups} groups`);
  else await enter(tab, group as string, frame);
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
    tab.groups = new Set([...tab.groups].filter((other) => other !== group));
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
