import type { LocalBus } from '../../src/fanout/delivery.js';

/** A tab that takes part in topics. */
interface Subscriber {
  readonly topics: ReadonlySet<string>;
}

/**
 * The socket server's fan-out of a scene without sockets.
 * @param tabs may grow
 * @param write gives bytes to a tab that has subscribed
 */
export function topicBus<Tab extends Subscriber>(
  tabs: readonly Tab[],
  write: (tab: Tab, bytes: Uint8Array, binary: boolean) => void,
): LocalBus {
  const subscribers = (topic: string) => tabs.filter(({ topics }) => topics.has(topic));
  return {
    publish: (topic, bytes, binary) => {
      for (const tab of subscribers(topic)) write(tab, bytes, binary);
    },
    subscribers: (topic) => subscribers(topic).length,
  };
}
