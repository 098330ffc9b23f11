import { integer } from '../kinds.js';
import { one } from '../option.js';

/** What channels keep, so that tabs that were away get it. */
export const history = {
  'history-user-size': one(size(), 100, { sentence: sizeOf('a user') }),
  'history-user-age': one(age(), 300, { sentence: ageOf('a user') }),
  'history-group-size': one(size(), 100, { sentence: sizeOf('a group') }),
  'history-group-age': one(age(), 300, { sentence: ageOf('a group') }),
  'history-registered-size': one(size(), 100, { sentence: sizeOf('`registered`') }),
  'history-registered-age': one(age(), 300, { sentence: ageOf('`registered`') }),
  'history-all-size': one(size(), 100, { sentence: sizeOf('`all`') }),
  'history-all-age': one(age(), 300, { sentence: ageOf('`all`') }),
} as const;

function size() {
  return integer(0, 10_000, 'sends');
}

function age() {
  return integer(1, 604_800, 's');
}

function sizeOf(channel: string): string {
  return `How many of the last sends to ${channel} are kept. 0: none, so that nothing can be resumed or counted.`;
}

function ageOf(channel: string): string {
  return `How long after the last send to ${channel} those that are kept are forgotten.`;
}
