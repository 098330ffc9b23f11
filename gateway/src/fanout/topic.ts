import type { HubTab } from './members.js';

/** The topic by which a tab takes part in the fan-out of a channel. */
export function topicOf(channel: string, { encoding }: Pick<HubTab, 'encoding'>): string {
  if (encoding === 'json') return channel;
  return encoding === 'msgpack' ? msgpackTopic(channel) : sharedTopic(channel);
}

/** No channel begins like this, so the topics of all encodings cannot meet. */
export function msgpackTopic(channel: string): string {
  return `msgpack ${channel}`;
}

/** As `msgpackTopic`. */
export function sharedTopic(channel: string): string {
  return `shared ${channel}`;
}
