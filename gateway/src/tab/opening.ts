import { type Frame, groupChannel, type Welcome } from '@tabcast/shared';
import type { Identity } from '../auth/identity.js';
import { mayJoin } from '../auth/permissions.js';
import type { RefusedToken } from '../auth/token.js';
import { catchUp, takeMemberships } from './membership.js';
import { follow, resume, resumedFrom } from './resume.js';
import type { Tab } from './tab.js';

/** Stands for the frame that brought the token, where the handshake brought it. */
const handshake: Frame = { action: 'sys/auth', details: [] };

/**
 * Lets a tab in: its channels first, the welcome when the broker has confirmed them. A tab that connects while the
 * broker is away waits for its welcome, because the welcome promises that sends arrive from now on.
 * Resolves when the tab is open, or has gone.
 */
export async function welcome(tab: Tab, identity: Identity | null, cause: Frame = handshake): Promise<void> {
  const { backend, fanout, now, online } = tab.rules;
  tab.state = 'joining';
  tab.wakeAt(undefined);
  const wrong = adopt(tab, identity);
  if (wrong !== undefined) {
    tab.refuse(cause, 403, wrong);
    tab.socket.close(4401);
    return;
  }
  if (identity !== null) tab.awaitChanges();
  const stays = await fanout.enter(tab, tab.channels());
  await takeSeat(tab);
  stays.push(...(await takeMemberships(tab)));
  const resumption = await resume(tab, stays, resumedFrom(tab));
  if (hasGone(tab) || wasRevoked(tab)) return;
  tab.state = 'open';
  tab.resumeFrom = undefined;
  tab.since = now();
  const standing = fanout.listen(stays, resumption);
  tab.socket.together(() => {
    tab.send({ action: 'sys/welcome', details: [{ ...welcomeDetails(tab), ...standing }] });
    // First, so that a group that was taken away meanwhile is not resumed.
    catchUp(tab);
    follow(tab, resumption);
  });
  tab.watchExpiry();
  if (identity !== null) online?.came(identity.user);
  backend.connected(tab);
}

/** `sys/auth` of a tab that has shown no token yet. A token that is refused closes the connection. */
export async function authenticate(tab: Tab, frame: Frame): Promise<void> {
  // The tab stops proving at once: a second token then waits for the welcome and refreshes.
  tab.state = 'joining';
  const verdict = await tab.rules.verifier.verify(tokenOf(frame));
  if (hasGone(tab)) return;
  if ('identity' in verdict) return welcome(tab, verdict.identity, frame);
  refuseToken(tab, frame, verdict);
  tab.socket.close(closeCodeOf(verdict));
}

/**
 * `sys/auth` of an open tab: a new token of the same user, or the first one of an anonymous tab. Groups follow the new
 * token: its own are entered, those that it neither names nor permits are left.
 */
export async function refresh(tab: Tab, frame: Frame): Promise<void> {
  const verdict = await tab.rules.verifier.verify(tokenOf(frame));
  if (hasGone(tab)) return;
  if ('refused' in verdict) refuseToken(tab, frame, verdict);
  else if (tab.identity !== null && tab.identity.user !== verdict.identity.user)
    tab.refuse(frame, 409, 'The token belongs to another user than this connection');
  else await changeIdentity(tab, verdict.identity, frame);
}

async function changeIdentity(tab: Tab, identity: Identity, frame: Frame): Promise<void> {
  const { fanout, hub } = tab.rules;
  const before = new Set(tab.channels());
  const isStranger = tab.identity === null;
  const wrong = adopt(tab, identity);
  if (wrong !== undefined) {
    tab.refuse(frame, 403, wrong);
    return;
  }
  if (isStranger) tab.awaitChanges();
  tab.watchExpiry();
  const after = new Set(tab.channels());
  tab.leave([...before].filter((channel) => !after.has(channel)));
  const entered = [...after].filter((channel) => !before.has(channel));
  const stays = await fanout.enter(tab, entered);
  if (isStranger) {
    await takeSeat(tab);
    stays.push(...(await takeMemberships(tab)));
  }
  if (hasGone(tab)) return;
  tab.rules.online?.came(identity.user);
  const standing = fanout.listen(stays);
  const { user, session, expires } = welcomeDetails(tab);
  // Of those that it has yet to join it is told when it has.
  const groups = [...tab.groups].filter((group) => hub.isSettled(groupChannel(group), tab));
  tab.reply(frame, 'sys/auth', [{ user, session, groups, expires, ...standing }]);
  if (isStranger) catchUp(tab);
}

function closeCodeOf({ refused }: RefusedToken): 4004 | 4401 | 4403 {
  if (refused === 'keys-unavailable') return 4004;
  return refused === 'revoked' ? 4403 : 4401;
}

/** Closes a tab whose proof was revoked before it was in any channel where whoever revokes would have found it. */
function wasRevoked(tab: Tab): boolean {
  const revoked = tab.identity !== null && tab.rules.revoker.covers(tab.identity);
  if (revoked) tab.socket.close(4403);
  return revoked;
}

function refuseToken(tab: Tab, frame: Frame, { refused, sentence }: RefusedToken): void {
  tab.refuse(frame, refused === 'keys-unavailable' ? 503 : 401, sentence);
}

/** Makes a tab what a token proved. When that would be too many groups it stays what it was, and the reason comes back. */
function adopt(tab: Tab, identity: Identity | null): string | undefined {
  const kept = [...tab.groups].filter((group) => tab.placed.has(group) || mayJoin(identity, group));
  const groups = new Set([...(identity?.groups ?? []), ...kept]);
  const wrong = tab.rules.rateLimits.tooManyGroups(groups.size);
  if (wrong === undefined) tab.adopt(identity, groups);
  return wrong;
}

/** Asks for a place among the tabs of the user; without one the tab is closed. */
async function takeSeat(tab: Tab): Promise<void> {
  const { identity, rules } = tab;
  if (identity === null || hasGone(tab)) return;
  if (!(await rules.seats.take(identity.user, tab.connection))) tab.socket.close(4409);
}

/** Asked after each await: the client may have closed meanwhile. */
function hasGone(tab: Tab): boolean {
  return tab.state === 'closed';
}

function tokenOf(frame: Frame): string {
  const [token] = frame.details;
  return typeof token === 'string' ? token : '';
}

function welcomeDetails(tab: Tab): Welcome {
  return {
    connection: tab.connection,
    gateway: tab.rules.gateway,
    user: tab.identity?.user ?? null,
    session: tab.session,
    groups: [...tab.groups],
    expires: tab.identity?.expires ?? null,
  };
}
