import { isDeepStrictEqual } from 'node:util';
import type { Config, OptionName } from '../config/options.js';
import type { Io } from './io.js';

/**
 * Reads a file that an option names.
 * @throws {Error} with a sentence
 */
export function readOption(option: string, path: string, io: Io): string {
  try {
    return io.readFile(path);
  } catch (cause) {
    throw new Error(`${option}: ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** What stands in the files that are read anew at each reload, by the option that names them. */
export type Contents = ReadonlyMap<OptionName, readonly string[]>;

/** @throws {Error} with a sentence */
export function readContents(config: Config, io: Io): Contents {
  const named: [OptionName, readonly string[]][] = [
    ['token-key-files', config.tokenKeyFiles],
    ['tls-cert-file', [config.tlsCertFile].filter(Boolean)],
    ['tls-key-file', [config.tlsKeyFile].filter(Boolean)],
  ];
  return new Map(named.map(([option, paths]) => [option, paths.map((path) => readOption(option, path, io))]));
}

/** The options whose files say something else than before. */
export function differing(before: Contents, now: Contents): OptionName[] {
  return [...now.keys()].filter((option) => !isDeepStrictEqual(before.get(option), now.get(option)));
}
