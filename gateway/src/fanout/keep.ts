import type { Keep } from '../broker/broker.js';
import type { ChannelKind } from '../metrics/counters.js';

/** How much channels keep, by their kinds. Sizes in publications, 0: none; ages in s. */
export interface KeepOptions {
  readonly historyUserSize: number;
  readonly historyUserAge: number;
  readonly historyGroupSize: number;
  readonly historyGroupAge: number;
  readonly historyRegisteredSize: number;
  readonly historyRegisteredAge: number;
  readonly historyAllSize: number;
  readonly historyAllAge: number;
  /** Kinds of channels of which only the latest counts, see Hub. They keep nothing: a frame that is spared is no loss. */
  readonly latestChannels: readonly string[];
}

/** What the channels of a kind keep; undefined where they have no history. */
export type KeepFor = (kind: ChannelKind) => Keep | undefined;

/** How much to keep, as the options say. What gateways tell each other is never kept. */
export function keepBy(options: KeepOptions): KeepFor {
  const keeps: Partial<Record<ChannelKind, Keep | undefined>> = {
    user: keep(options.historyUserSize, options.historyUserAge),
    group: keep(options.historyGroupSize, options.historyGroupAge),
    registered: keep(options.historyRegisteredSize, options.historyRegisteredAge),
    all: keep(options.historyAllSize, options.historyAllAge),
  };
  return (kind) => (options.latestChannels.includes(kind) ? undefined : keeps[kind]);
}

function keep(size: number, seconds: number): Keep | undefined {
  return size === 0 ? undefined : { size, age: seconds * 1000 };
}
