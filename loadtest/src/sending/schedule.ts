/**
 * The timetable of an open loop: what is due does not depend on what was answered. All that is due within one
 * millisecond is due at its end, because a publisher that woke for each message would cost more than it publishes.
 */

/** When the message with this index is due, in whole ms after the begin. */
export function dueAt(index: number, perSecond: number): number {
  return Math.ceil(((index + 1) * 1000) / perSecond);
}

/** How many of `total` messages, dealt to `channels` in turn, go to the channel with this index. */
export function shareOf(channel: number, channels: number, total: number): number {
  return Math.max(0, Math.ceil((total - channel) / channels));
}
