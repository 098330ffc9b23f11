import { type Frame, groupChannel, userChannel, type Welcome } from '@tabcast/shared';

/**
 * The channels that one tab of a shared socket is in, learnt from what the gateway tells the tab: docs/protocol.md,
 * "Several tabs on one socket". Until its welcome a tab is in none.
 */
export class TabChannels {
  #channels: ReadonlySet<string> = new Set();

  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /** Takes note of a frame that was for this tab alone. */
  learn({ action, details: [first] }: Frame): void {
    if (action === 'sys/welcome' || action === 'sys/auth') this.#channels = channelsOf(first as Welcome);
    else if (action === 'sys/join')
      this.#channels = new Set([...this.#channels, groupChannel(first as string)]);
    else if (action === 'sys/leave') this.#channels = without(this.#channels, groupChannel(first as string));
  }
}

function channelsOf({ user, groups }: Pick<Welcome, 'user' | 'groups'>): Set<string> {
  const ofUser = user === null ? [] : ['registered', userChannel(user)];
  return new Set(['all', ...ofUser, ...groups.map(groupChannel)]);
}

function without(channels: ReadonlySet<string>, channel: string): Set<string> {
  return new Set([...channels].filter((other) => other !== channel));
}
