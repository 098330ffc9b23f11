import { isDeepStrictEqual } from 'node:util';
import type { Option } from './option.js';
import { type Config, memberName, type OptionName, optionNames, options } from './options.js';

/** What a new reading of the configuration means for a gateway that runs. */
export interface Renewal {
  /** What is in force from now on: the reloadable options as they were read, all others as they were. */
  readonly config: Config;
  /** Reloadable options that differ. */
  readonly changed: readonly OptionName[];
  /** Options that differ too, but keep their old value until a restart. */
  readonly ignored: readonly OptionName[];
}

/** Takes over what may change while a gateway runs. */
export function renew(inForce: Config, fresh: Config): Renewal {
  const differing = optionNames.filter((name) => {
    const member = memberName(name);
    return !isDeepStrictEqual(inForce[member], fresh[member]);
  });
  const changed = differing.filter(isReloadable);
  const renewed = changed.map((name) => [memberName(name), fresh[memberName(name)]]);
  return {
    config: Object.freeze({ ...inForce, ...Object.fromEntries(renewed) }),
    changed,
    ignored: differing.filter((name) => !isReloadable(name)),
  };
}

/** Whether a gateway takes a new value of this option at SIGHUP. */
export function isReloadable(name: OptionName): boolean {
  const option: Option<unknown> = options[name];
  return option.reload === true;
}
