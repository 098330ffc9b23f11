import assert from 'node:assert/strict';
import type { Former, Positions, Welcome } from '@tabcast/shared';
import type { Tabs } from '../../src/tabs.js';
import { World } from './world.js';

/** What a welcome says of her. */
export const ann = { user: 'ann', positions: { all: '1-3', 'user:ann': '1-5' } };

/** What a tab has heard, in order: numbers of the action `n`, and what became of channels. */
export function listen(tabs: Tabs): unknown[] {
  const heard: unknown[] = [];
  tabs.on('n', (n: number) => heard.push(n));
  tabs.onGap((channel) => heard.push(`gap in ${channel}`));
  tabs.onRecovered((channels) => heard.push(`recovered ${channels}`));
  return heard;
}

/** A tab that is open, and what it hears from then on. */
export async function open(welcome: Partial<Welcome> = ann) {
  const world = new World();
  const { tabs } = await world.openTab({ token: 'a.b.c' }, welcome);
  return { world, tabs, heard: listen(tabs) };
}

/** The newest connection brings a number. */
export function publish(world: World, channel: string, position: string | null, n: number): void {
  world.socket.receive({ action: 'n', details: [n], at: [channel, position] });
}

/** The connection is lost, and the next handshake succeeds. */
export async function lose(world: World): Promise<void> {
  world.socket.drop();
  world.notice();
  await world.settle();
  world.socket.accept();
}

/** What the newest connection has asked for, before it was welcome. */
export function resumed(world: World): Positions | undefined {
  return resumeOf(world)?.[0] as Positions | undefined;
}

/** Whose positions it said that these are. */
export function former(world: World): Former | undefined {
  return resumeOf(world)?.[1] as Former | undefined;
}

function resumeOf({ socket }: World): unknown[] | undefined {
  const [details] = socket.sentOf('sys/resume');
  const offered = socket.protocols.includes('tabcast.resume');
  assert.equal(offered, details !== undefined, 'offered and not sent, or sent and not offered');
  return details;
}
