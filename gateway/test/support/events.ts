import type { Frame, Positions } from '@tabcast/shared';
import { type Event, nameOf } from './ledger.js';

/** What the welcome, `sys/auth` and `sys/join` say of the channels that were entered. */
interface Entry {
  readonly positions?: Positions;
  readonly recovered?: Record<string, boolean>;
}

/** What frames mean to the ledger. Numbered sends are those of traffic.ts. */
export function eventsOf(frames: readonly Frame[]): Event[] {
  return frames.flatMap(eventsOfFrame);
}

/** Where the tab that got these frames stands, as its `sys/resume` would say it. */
export function positionsAfter(frames: readonly Frame[]): Positions {
  const positions: Record<string, string> = {};
  for (const { action, at, details } of frames) {
    const [channel, position] = at ?? [];
    if (position) positions[channel!] = position;
    else if (isOfTab(action)) Object.assign(positions, (details[0] as Entry).positions);
    else if (action === 'sys/join') Object.assign(positions, (details[1] as Entry | undefined)?.positions);
  }
  return positions;
}

/** Whether it tells a tab of something that it may have missed. */
export function isTold(event: Event): boolean {
  return 'gap' in event || ('recovered' in event && Object.values(event.recovered).includes(false));
}

function eventsOfFrame({ action, at, details }: Frame): Event[] {
  const [channel] = at ?? [];
  const position = at?.[1] ?? undefined;
  if (isOfTab(action)) return entered(details[0] as Entry, action === 'sys/welcome');
  if (action === 'sys/join') return entered((details[1] ?? {}) as Entry);
  if (action === 'sys/gap') return [{ channel: channel!, gap: position! }];
  if (action === 'count') {
    const [stream, number] = details as [string, number];
    return [{ name: nameOf({ stream, number }), channel, position }];
  }
  return position === undefined ? [] : [{ channel, position }];
}

/** Whether a frame says what the tab is now, and where it stands. */
function isOfTab(action: string): boolean {
  return action === 'sys/welcome' || action === 'sys/auth';
}

function entered({ positions = {}, recovered = {} }: Entry, welcome = false): Event[] {
  return [{ positions, recovered, welcome }];
}
