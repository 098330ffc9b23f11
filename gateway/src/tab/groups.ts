import { checkId, type Frame, groupChannel } from '@tabcast/shared';
import { mayJoin } from '../auth/permissions.js';
import type { Stay } from '../fanout/members.js';
import { follow, isPosition, resume } from './resume.js';
import type { Tab } from './tab.js';

/** `sys/join`: enters a group that the token permits, and replies when everything sent to it arrives. */
export async function join(tab: Tab, frame: Frame): Promise<void> {
  const { rateLimits } = tab.rules;
  const [group, position] = frame.details;
  const wrong = checkId(group);
  if (wrong !== undefined) return tab.refuse(frame, 400, `group: expected ${wrong}`);
  if (position !== undefined && !isPosition(position))
    return tab.refuse(frame, 400, 'position: expected one like "1795221532000-7"');
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
    tab.leave([groupChannel(group as string)]);
  }
  tab.reply(frame, 'sys/leave', [group]);
}

async function enter(tab: Tab, group: string, frame: Frame): Promise<void> {
  const { fanout } = tab.rules;
  const channel = groupChannel(group);
  const [, position] = frame.details;
  const from = isPosition(position) ? position : undefined;
  const positions = from === undefined ? undefined : { [channel]: from };
  tab.groups = new Set(tab.groups).add(group);
  const [stay] = (await fanout.enter(tab, [channel])) as [Stay];
  const isNew = stay.waits;
  const resumption = isNew ? await resume(tab, [stay], positions) : undefined;
  if (tab.state === 'closed') return;
  if (!stay.lasts) {
    tab.refuse(frame, 410, 'The group was left before it was joined');
    return;
  }
  const standing = isNew ? fanout.listen([stay], resumption) : stay.standing(from);
  tab.reply(frame, 'sys/join', standing ? [group, standing] : [group]);
  follow(tab, resumption);
}
