/** One thing that is wrong with the configuration or the command line. Never holds a secret. */
export interface Problem {
  /** Where it came from: a flag, an environment variable, a key of the file. */
  readonly where: string;
  /** What would have been right. */
  readonly expected: string;
  /** What was there instead; absent where the place itself is what is wrong. */
  readonly given?: string;
}

const longestQuote = 120;

/** A problem in one line. */
export function problemText({ where, expected, given }: Problem): string {
  return `${where}: expected ${expected}${given === undefined ? '' : `, given ${given}`}`;
}

/** Somebody's text as a problem shows it: in quotes, control characters escaped, cut to a readable length. */
export function quote(text: string): string {
  return JSON.stringify(text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text);
}
