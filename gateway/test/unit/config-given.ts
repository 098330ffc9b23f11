import { loadConfig, type Reading, readConfig, type Sources } from '../../src/config/config.js';
import { configFlags, readCommandLine } from '../../src/config/flags.js';
import { problemText } from '../../src/config/problem.js';

/** A text that no output may contain. */
export const secret = 'a-secret-that-must-never-be-shown-anywhere';

/** All that a gateway needs in production. */
export const production = {
  TABCAST_TOKEN_SECRETS: secret,
  TABCAST_API_KEYS: 'k'.repeat(32),
  TABCAST_ORIGINS: 'https://a.example',
  TABCAST_REDIS_URL: 'redis://localhost',
  TABCAST_TRUSTED_PROXIES: '10.0.0.0/8',
};

/** What a test gives to an option, in all places. */
export interface Given {
  args?: string[];
  environment?: Record<string, string>;
  /** A value becomes JSON; a text is the content itself. */
  file?: unknown;
}

/** Sources that hold what was given. */
export function sources({ args = [], environment = {}, file }: Given): Sources {
  const all = file === undefined ? args : ['--config', 'tabcast.json', ...args];
  const line = readCommandLine(all, configFlags);
  const content = typeof file === 'string' ? file : JSON.stringify(file);
  return { flags: line.flags, environment, readFile: () => content };
}

/** Reads every option by itself. */
export function read(given: Given): Reading {
  return readConfig(sources(given));
}

/** Reads and checks as `tabcast start` does, with problems as text. */
export function load(given: Given) {
  const { config, problems, warnings } = loadConfig(sources(given));
  return { config, warnings, problems: problems.map(problemText) };
}
