import { parseArgs } from 'node:util';
import { peers, peersNamed } from '../../peers/all.js';
import type { RoundsPlan } from '../compare/rounds.js';
import { parseWorkload } from '../compare/workload.js';
import { positive } from './command.js';

/** What is compared, and how, when nothing else is asked for. */
export interface Defaults {
  readonly peers: readonly string[];
  readonly workloads: readonly string[];
  readonly rounds: number;
  /** s */
  readonly warmUp: number;
  /** s */
  readonly window: number;
}

/** How the options that all comparisons have are used. */
export function planUsage({ peers: usual, workloads, rounds, warmUp, window }: Defaults): string {
  return `  --peer <name>         ${peers.map(({ name }) => name).join(', ')};
                        may be repeated (${usual.length === peers.length ? 'all' : usual.join(' ')})
  --workload <w>        users|broadcast:<sends per second>:<tabs>; may be repeated
                        (${workloads.join(' ')})
  --rounds <n>          how often each server meets each workload (${rounds})
  --warm-up <s>         load before the window (${warmUp})
  --window <s>          what is measured (${window})`;
}

/**
 * Reads these options and further ones with a value, from `process.argv`.
 * @throws {RangeError} or what `parseArgs` throws, with what was expected
 */
export function readPlan<More extends string>(
  defaults: Defaults,
  more: readonly More[],
): { plan: RoundsPlan; options: Partial<Record<More, string>> } {
  const { values } = parseArgs({
    options: {
      peer: { type: 'string', multiple: true, default: [...defaults.peers] },
      workload: { type: 'string', multiple: true, default: [...defaults.workloads] },
      rounds: { type: 'string', default: String(defaults.rounds) },
      'warm-up': { type: 'string', default: String(defaults.warmUp) },
      window: { type: 'string', default: String(defaults.window) },
      ...Object.fromEntries(more.map((name) => [name, { type: 'string' as const }])),
    },
  });
  const plan = {
    peers: peersNamed(values.peer),
    workloads: [...new Set(values.workload)].map(parseWorkload),
    rounds: positive('rounds', values.rounds),
    warmUp: positive('warm-up', values['warm-up']),
    window: positive('window', values.window),
  };
  return { plan, options: values as Partial<Record<More, string>> };
}
