import { minTextBytes, usualTextBytes } from '../books/message.js';
import type { Load, Times } from './load.js';
import type { ScenarioOption } from './scenario.js';

/** Options of every scenario that puts one load on the target. */
export const usualOptions = {
  'text-bytes': {
    default: usualTextBytes,
    least: minTextBytes,
    about: 'of each message, bytes; its frame has some 30 more',
  },
  'warm-up': { default: 3, fraction: true, about: 'load before anything is measured, s' },
  window: { default: 10, fraction: true, about: 'what is measured, s' },
} as const satisfies Record<string, ScenarioOption>;

/** The names of these. */
export type UsualName = keyof typeof usualOptions;

/** Takes the times of a load out of options. */
export function timesOf(options: Readonly<Record<'warm-up' | 'window', number>>): Times {
  return { warmUp: options['warm-up'], window: options.window };
}

/** Takes out of them what is sent. */
export function sendingOf(
  options: Readonly<Record<'per-second' | UsualName, number>>,
): Pick<Load, 'perSecond' | 'textBytes' | 'times'> {
  return {
    perSecond: options['per-second'],
    textBytes: options['text-bytes'],
    times: timesOf(options),
  };
}
