import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePosition } from '../src/index.js';

const good: [string, string, number][] = [
  ['1795221532000-7', '1795221532000', 7],
  ['0-0', '0', 0],
  ['10-100', '10', 100],
  ['18446744073709551615-999999999999999', '18446744073709551615', 999_999_999_999_999],
];
const bad = [
  ...['', '-', '7', '7-', '-7', '7-7-7', '7--7', '+7-7', '7-7 ', 'a-7', '7-a', '7.0-7', '٧-7'],
  ...['7-1000000000000000', '100000000000000000000-7'],
  ...['7-00', '7-07', '07-7', '00-7'],
];

describe('a position', () => {
  for (const [text, epoch, offset] of good)
    test(`${text} is one`, () => assert.deepEqual(parsePosition(text), { epoch, offset }));

  // Two spellings of one position would be two places to whoever compares texts.
  for (const text of bad)
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parsePosition(text), undefined));
});
