/** The channels that each tab is in, at every peer: everyone, everyone who is known, and its user. */
export function channelsOf(user: string): string[] {
  return ['all', 'registered', `user:${user}`];
}
