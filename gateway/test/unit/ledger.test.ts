import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultsIn, type Heard, type Sent } from '../support/ledger.js';

/** Hand-written histories: a ledger that cannot be seen to fail proves nothing. */

const accepted = (number: number, gateways = 2, exposed = false): Sent => ({
  ...{ stream: 's', number, gateways, exposed },
  outcome: 'accepted',
});
const refused = (number: number): Sent => ({ ...accepted(number, 0), outcome: 'refused' });
const unknown = (number: number): Sent => ({ ...accepted(number, 0), outcome: 'unknown' });

/** Tab `a1` is on gateway `a`, and so on. */
const tab = (name: string, ...numbers: number[]): Heard => ({
  tab: name,
  gateway: name[0]!,
  messages: numbers.map((number) => ({ stream: 's', number })),
});
/** Two tabs on each of two gateways, of which all but the first got this. */
const others = (...numbers: number[]) => ['a2', 'b1', 'b2'].map((name) => tab(name, ...numbers));

const good: [string, Sent[], Heard[]][] = [
  ['nothing at all', [], [tab('a1')]],
  ['all accepted, all arrived', [accepted(1), accepted(2)], [tab('a1', 1, 2), ...others(1, 2)]],
  ['a refused send that did not arrive', [accepted(1), refused(2)], [tab('a1', 1), ...others(1)]],
  ['an unknown send that did not arrive', [accepted(1), unknown(2)], [tab('a1', 1), ...others(1)]],
  ['an unknown send that arrived', [accepted(1), unknown(2)], [tab('a1', 1, 2), ...others(1, 2)]],
  [
    'a receipt that counts one gateway, and one it is',
    [accepted(1, 1)],
    [tab('a1', 1), tab('a2', 1), tab('b1'), tab('b2')],
  ],
  ['a send that the fault may have swallowed', [accepted(1, 2, true)], [tab('a1'), ...others()]],
  [
    'a receipt that counts one gateway, and another one has read it since',
    [accepted(1, 1), accepted(2, 1, true)],
    [tab('a1', 1, 2), ...others(1, 2)],
  ],
];

const bad: [string, Sent[], Heard[], string[]][] = [
  [
    'lost everywhere',
    [accepted(1), accepted(2), accepted(3)],
    [tab('a1', 1, 3), ...others(1, 3)],
    ['s 2 went to 2 gateways by its receipt, and arrived on 0'],
  ],
  [
    'lost on one gateway',
    [accepted(1)],
    [tab('a1', 1), tab('a2', 1), tab('b1'), tab('b2')],
    ['s 1 went to 2 gateways by its receipt, and arrived on 1'],
  ],
  ['lost at one tab', [accepted(1)], [tab('a1'), ...others(1)], ['s 1 reached 1 of 2 tabs on a']],
  ['doubled', [accepted(1)], [tab('a1', 1, 1), ...others(1)], ['a1 got s 1 twice']],
  [
    'doubled, and not in a row',
    [accepted(1), accepted(2)],
    [tab('a1', 1, 2, 1), ...others(1, 2)],
    ['a1 got s 1 twice'],
  ],
  ['an unknown one doubled', [unknown(1)], [tab('a1', 1, 1), ...others(1)], ['a1 got s 1 twice']],
  ['out of order', [accepted(1), accepted(2)], [tab('a1', 2, 1), ...others(1, 2)], ['a1 got s 1 after 2']],
  [
    'refused, but delivered',
    [refused(1)],
    [tab('a1', 1), ...others(1)],
    ['s 1 was refused, and delivered all the same'],
  ],
  ['from nowhere', [], [tab('a1', 7)], ['a1 got s 7, which nobody sent']],
];

describe('the ledger', () => {
  for (const [what, sends, audience] of good)
    test(`good: ${what}`, () => assert.deepEqual(faultsIn(sends, audience), []));

  for (const [what, sends, audience, faults] of bad)
    test(`bad: ${what}`, () => assert.deepEqual(faultsIn(sends, audience), faults));

  test('numbers of different streams have nothing to do with each other', () => {
    const other = { ...accepted(1), stream: 't' };
    const messages = [
      { stream: 's', number: 2 },
      { stream: 't', number: 1 },
    ];
    const heard = ['a', 'b'].map((name) => ({ tab: name, gateway: name, messages }));
    assert.deepEqual(faultsIn([accepted(2), other], heard), []);
  });
});
