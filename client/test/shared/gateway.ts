import type { Frame } from '@tabcast/shared';
import type { ScriptedSocket } from './scripted-socket.js';

/** Opens a scripted socket, and welcomes each tab that has asked to be opened: its token is its user, `anonymous` nobody. */
export function welcomeAll(socket: ScriptedSocket, groups: string[] = []): void {
  socket.onopen?.();
  for (const { action, tab, details } of [...socket.sent])
    if (action === 'sys/open') socket.receive(welcome(tab!, userOf(details), groups));
}

/** The welcome of a tab. */
export function welcome(tab: number, user: string | null, groups: string[] = []): Frame {
  const connection = `gateway-${tab}`;
  const session = null;
  return {
    tab,
    action: 'sys/welcome',
    details: [{ connection, gateway: 'gateway', user, session, groups, expires: null }],
  };
}

/** A frame for every tab in a channel. */
export function publication(channel: string, action: string, ...details: unknown[]): Frame {
  return { at: [channel, null], action, details };
}

function userOf([token]: unknown[]): string | null {
  return token === undefined ? null : String(token);
}
