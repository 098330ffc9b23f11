import type { Frame, Welcome } from '@tabcast/shared';
import type { Identity } from '../auth/identity.js';
import { mayJoin } from '../auth/permissions.js';
import type { RefusedToken } from '../auth/token.js';
import type { Tab } from './tab.js';

/**
 * Lets a tab in: its channels first, the welcome when the broker has confirmed them. A tab that connects while the
 * broker is away waits for its welcome, because the welcome promises that sends arrive from now on.
 * Resolves when the tab is open, or has gone.
 */
export async function welcome(tab: Tab, identity: Identity | null): Promise<void> {
  const { backend, fanout } = tab.rules;
  tab.state = 'joining';
  tab.wakeAt(undefined);
  adopt(tab, identity);
  const channels = tab.channels();
  await fanout.enter(tab, channels);
  if (hasGone(tab)) return;
  tab.state = 'open';
  fanout.listen(tab, channels);
  tab.send({ action: 'sys/welcome', details: [welcomeDetails(tab)] });
  tab.watchExpiry();
  backend.connected(tab);
}

/** `sys/auth` of a tab that has shown no token yet. A token that is refused closes the connection. */
export async function authenticate(tab: Tab, frame: Frame): Promise<void> {
  // The tab stops proving at once: a second token then waits for the welcome and refreshes.
  tab.state = 'joining';
  const verdict = await tab.rules.verifier.verify(tokenOf(frame));
  if (hasGone(tab)) return;
  if ('identity' in verdict) return welcome(tab, verdict.identity);
  refuseToken(tab, frame, verdict);
  tab.socket.close(verdict.refused === 'keys-unavailable' ? 4004 : 4401);
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
  const { fanout } = tab.rules;
  const before = new Set(tab.channels());
  adopt(tab, identity);
  tab.watchExpiry();
  const after = new Set(tab.channels());
  const entered = [...after].filter((channel) => !before.has(channel));
  fanout.leave(
    tab,
    [...before].filter((channel) => !after.has(channel)),
  );
  await fanout.enter(tab, entered);
  if (hasGone(tab)) return;
  fanout.listen(tab, entered);
  const { user, session, groups, expires } = welcomeDetails(tab);
  tab.reply(frame, 'sys/auth', [{ user, session, groups, expires }]);
}

function refuseToken(tab: Tab, frame: Frame, { refused, sentence }: RefusedToken): void {
  tab.refuse(frame, refused === 'keys-unavailable' ? 503 : 401, sentence);
}

function adopt(tab: Tab, identity: Identity | null): void {
  const kept = [...tab.groups].filter((group) => mayJoin(identity, group));
  tab.adopt(identity, new Set([...(identity?.groups ?? []), ...kept]));
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
