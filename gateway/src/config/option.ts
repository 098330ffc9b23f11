import type { Kind } from './kinds.js';

/** One row of the table of options. `T` is the type in `Config`; an option is a list where its default is one. */
export interface Option<T> {
  /** How the value, or each item of a list, is read. */
  readonly kind: Kind<T extends readonly (infer Item)[] ? Item : T>;
  readonly default: T;
  /** The default in development mode, where it differs. */
  readonly development?: T;
  /** Whether a gateway takes a new value at SIGHUP; else it wants a restart. */
  readonly reload?: true;
  /** What it is for, in one or two sentences, as Markdown. */
  readonly sentence: string;
}

type Notes<T> = Omit<Option<T>, 'kind' | 'default'>;

/** An option with one value. */
export function one<T extends string | number | boolean>(
  kind: Kind<T>,
  standard: NoInfer<T>,
  notes: Notes<NoInfer<T>>,
): Option<T> {
  return { kind, default: standard, ...notes } as Option<T>;
}

/** An option with a list of values, empty by default. */
export function many(kind: Kind<string>, notes: Notes<readonly string[]>): Option<readonly string[]> {
  return { kind, default: [], ...notes };
}
