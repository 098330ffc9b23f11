import { percentile } from '../books/figures.js';
import type { Figure } from '../report/result.js';
import { loadCrowd, users } from './crowds.js';
import { type LoadReport, resultOf } from './load-report.js';
import type { Scenario } from './scenario.js';
import { usualOptions } from './usual-options.js';

/** Memory is flat when it has changed by no more, %. */
const flat = 5;

/** A stream per user, for long. */
export const soak: Scenario<'tabs' | 'tabs-per-user' | 'per-second' | 'text-bytes' | 'warm-up' | 'minutes'> =
  {
    name: 'soak',
    about: `Whether the gateways' memory stays flat within ${flat} % for long, and nothing is lost.`,
    options: {
      tabs: { default: 2000, about: 'tabs of all users together' },
      'tabs-per-user': { default: 2, about: 'tabs that one user has open' },
      'per-second': { default: 2000, about: 'messages per second, to one user after the other' },
      'text-bytes': usualOptions['text-bytes'],
      'warm-up': { default: 60, fraction: true, about: 'load before anything is measured, s' },
      minutes: { default: 30, fraction: true, about: 'what is measured, minutes' },
    },
    async run(lab, options) {
      const warmUp = options['warm-up'];
      const report = await loadCrowd(lab, {
        crowd: users(options.tabs, options['tabs-per-user']),
        ...{ perSecond: options['per-second'], textBytes: options['text-bytes'] },
        times: { warmUp, window: options.minutes * 60 },
      });
      const result = resultOf(report);
      const changes = memoryChanges(report, warmUp);
      return {
        ...result,
        figures: [...result.figures, ...changes.map(figure)],
        problems: [...result.problems, ...memoryProblems(changes)],
      };
    },
  };

interface Change {
  /** Of the process. */
  readonly name: string;
  readonly role: 'gateway' | 'redis';
  /** From the first tenth of the window to its last, %. */
  readonly value: number;
}

/** By how much the memory of each process has changed over the window, by the medians of its first and last tenth. */
export function memoryChanges(
  { processes, series }: Pick<LoadReport, 'processes' | 'series'>,
  from: number,
): Change[] {
  return processes.map(({ name, role }) => {
    const curve = series.find((one) => one.name === `${name} memory`);
    const values = curve?.values.filter((_, index) => curve.at[index]! > from) ?? [];
    const tenth = Math.max(1, Math.floor(values.length / 10));
    const [first, last] = [values.slice(0, tenth), values.slice(-tenth)].map((part) => percentile(part, 50));
    return { name, role, value: (last! / first! - 1) * 100 };
  });
}

/** What speaks against flat memory. Only of the gateways: Redis is meant to grow, until each history has its size. */
export function memoryProblems(changes: readonly Change[]): string[] {
  const known = changes.filter(({ role, value }) => role === 'gateway' && !Number.isNaN(value));
  if (known.length === 0)
    return ['Nothing tells the memory of the gateways: whether it is flat is not known.'];
  return known.filter(({ value }) => Math.abs(value) > flat).map(sentence);
}

function figure({ name, value }: Change): Figure {
  return { name: `${name} memory, change`, unit: '%', value };
}

function sentence({ name, value }: Change): string {
  return `The memory of ${name} has changed by ${value.toFixed(1)} %: more than ${flat} % is not flat.`;
}
