import assert from 'node:assert/strict';
import { parsePosition, type Welcome } from '@tabcast/shared';
import type { Cluster } from './cluster.js';
import type { RoamingTab } from './roaming-tab.js';

/** The channels that something is sent to. */
export const channels = ['all', 'group:red', 'user:ann'];

/** The epochs in which a tab got something of a channel, in order. */
function epochsOf({ frames }: RoamingTab, channel: string): string[] {
  const positions = frames.filter(({ action, at }) => action === 'count' && at?.[0] === channel);
  return [...new Set(positions.map(({ at }) => parsePosition(at![1]!)!.epoch))];
}

/** Every tab went from one epoch to a single other one, in each channel. */
export function expectNewEpoch({ tabs }: Cluster): void {
  for (const tab of tabs)
    for (const channel of channels) {
      const epochs = epochsOf(tab, channel);
      assert.equal(epochs.length, 2, `${channel}: ${epochs}`);
      assert.ok(BigInt(epochs[1]!) > BigInt(epochs[0]!), `${channel}: ${epochs}`);
    }
}

/** What its welcome says to a tab of the channels that it wanted to resume. */
export function recoveredIn({ connection }: RoamingTab): Welcome['recovered'] {
  return (connection.frames[0]!.details[0] as Welcome).recovered;
}

/** Every tab was told once on its present connection, in each channel: by its welcome, or later. */
export function expectTold(tabs: readonly RoamingTab[]): void {
  for (const tab of tabs)
    for (const channel of channels) {
      const { frames } = tab.connection;
      const gaps = frames.filter(({ action, at }) => action === 'sys/gap' && at![0] === channel);
      const isLost = recoveredIn(tab)?.[channel] === false;
      assert.equal(gaps.length + Number(isLost), 1, channel);
    }
}
