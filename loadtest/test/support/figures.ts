import type { Figure } from '../../src/report/result.js';

/** The value of a figure by its name. */
export function figureOf(figures: readonly Figure[], name: string): number {
  const figure = figures.find((one) => one.name === name);
  if (figure === undefined)
    throw new Error(`no figure "${name}" among ${figures.map((one) => one.name).join(', ')}`);
  return figure.value;
}
