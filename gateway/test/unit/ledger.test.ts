import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Event, faultsIn, type Heard, type Sent } from '../support/ledger.js';

/** Hand-written histories: a ledger that cannot be seen to fail proves nothing. */

const accepted = (number: number, gateways = 2, exposed = false): Sent => ({
  ...{ stream: 's', number, gateways, exposed },
  ...{ outcome: 'accepted', channel: 'all' },
});
const refused = (number: number): Sent => ({
  ...{ stream: 's', number, gateways: 0, exposed: false },
  outcome: 'refused',
});
const unknown = (number: number): Sent => ({ ...refused(number), outcome: 'unknown' });

type Case = [what: string, sends: Sent[], audience: Heard[], faults?: string[]];

function check(cases: readonly Case[]): void {
  for (const [what, sends, audience, faults = []] of cases)
    test(`${faults.length === 0 ? 'good' : 'bad'}: ${what}`, () =>
      assert.deepEqual(faultsIn(sends, audience), faults));
}

describe('the ledger, of what is not kept', () => {
  /** Tab `a1` is on gateway `a`, and so on. */
  const tab = (name: string, ...numbers: number[]): Heard => ({
    tab: name,
    gateway: name[0],
    events: [{ positions: {}, recovered: {} }, ...numbers.map((number) => ({ name: `s ${number}` }))],
  });
  /** Two tabs on each of two gateways, of which all but the first got this. */
  const others = (...numbers: number[]) => ['a2', 'b1', 'b2'].map((name) => tab(name, ...numbers));

  check([
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
    [
      'on more gateways than were there',
      [accepted(1, 1)],
      [tab('a1', 1), ...others(1)],
      ['s 1 went to 1 gateways by its receipt, and arrived on 2'],
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
    ['refused, but delivered', [refused(1)], [tab('a1', 1)], ['a1 got s 1, which was refused']],
    ['from nowhere', [], [tab('a1', 7)], ['a1 got s 7, which nobody sent']],
    [
      'of two streams, whose numbers have nothing to do with each other',
      [accepted(2, 1), { ...accepted(1, 1), stream: 't' }],
      [{ tab: 'a', gateway: 'a', events: [{ name: 's 2' }, { name: 't 1' }] }],
    ],
  ]);
});

describe('the ledger, of what is kept', () => {
  const kept = (number: number, position = `1-${number}`): Sent => ({
    ...{ ...accepted(number), kept: true },
    position,
  });
  const begin = (position = '1-0'): Event => ({ positions: { all: position }, recovered: {} });
  const back = (position: string, recovered?: boolean): Event => ({
    ...{ positions: { all: position }, welcome: true },
    recovered: recovered === undefined ? {} : { all: recovered },
  });
  const joined = (group: string): Event => ({ positions: { [group]: '1-0' }, recovered: {} });
  const gap = (position: string): Event => ({ channel: 'all', gap: position });
  const got = (number: number, position = `1-${number}`): Event => ({
    ...{ name: `s ${number}`, channel: 'all', position },
  });
  const others: Event = { channel: 'all', position: '1-2' };
  const ann = (...events: Event[]): Heard => ({ tab: 'ann', events });
  const bob = (...events: Event[]): Heard => ({ tab: 'bob', events });

  check([
    ['each of them, in order', [kept(1), kept(2)], [ann(begin(), got(1), got(2))]],
    ['one that was for somebody else', [kept(1), kept(3)], [ann(begin(), got(1), others, got(3))]],
    ['what came before the tab', [kept(1), kept(2)], [ann(begin('1-1'), got(2))]],
    [
      'what came in an epoch before the tab',
      [kept(1, '1-1'), kept(2, '2-1')],
      [ann(begin('2-0'), got(2, '2-1'))],
    ],
    ['resumed, and recovered', [kept(1), kept(2)], [ann(begin(), got(1), back('1-1', true), got(2))]],
    ['resumed, and told', [kept(1), kept(2), kept(3)], [ann(begin(), got(1), back('1-2', false), got(3))]],
    ['a group that was joined meanwhile', [kept(1)], [ann(begin(), joined('group:red'), got(1))]],
    ['in the channel that it has to be in', [kept(1)], [{ ...ann(back('1-0'), got(1)), channels: ['all'] }]],
    ['a gap that was told', [kept(1), kept(2), kept(3)], [ann(begin(), got(1), gap('1-2'), got(3))]],
    [
      'an epoch that ended, as it was told',
      [kept(1), kept(2), kept(3, '5-1')],
      [ann(begin(), got(1), gap('5-0'), got(3, '5-1'))],
    ],
    ['an unknown one that everybody got', [unknown(1)], [ann(begin(), got(1)), bob(begin(), got(1))]],
    [
      'V1: a silent gap',
      [kept(1), kept(3)],
      [ann(begin(), got(1), got(3))],
      ['ann has a silent gap in all, from 1-1 to 1-3'],
    ],
    [
      'V1: an epoch that nobody told of',
      [kept(1), kept(2, '2-1')],
      [ann(begin(), got(1), got(2, '2-1'))],
      ['ann has a silent gap in all, from 1-1 to 2-1'],
    ],
    [
      'V1: recovered, it says, and is not',
      [kept(1), kept(2)],
      [ann(begin(), got(1), back('1-2', true))],
      ['ann resumed all at 1-2, and had it up to 1-1', 'ann never got s 2 (all 1-2), and was not told'],
    ],
    [
      'V1: resumed, and not told whether it was recovered',
      [kept(1), kept(2), kept(3)],
      [ann(begin(), got(1), back('1-2'), got(3))],
      ['ann came back to all, and was not told whether it missed something'],
    ],
    [
      'V1: never put into a channel that it has to be in',
      [kept(1)],
      [{ ...ann({ positions: {}, recovered: {}, welcome: true }), channels: ['all'] }],
      ['ann is not in all by its welcome'],
    ],
    [
      'V1: of a channel that it is not in',
      [],
      [ann({ channel: 'user:bob', position: '1-1' })],
      ['ann got user:bob 1-1, and was not in it'],
    ],
    [
      'V2: a position twice',
      [kept(1)],
      [ann(begin(), got(1), got(1))],
      ['ann got all 1-1 twice', 'ann got s 1 twice'],
    ],
    [
      'V2: a send at two positions',
      [kept(1)],
      [ann(begin(), got(1), got(1, '1-2'))],
      ['ann got s 1 twice', 's 1 is at 1-1, and at 1-2'],
    ],
    [
      'V3: positions out of order',
      [kept(2, '1-1'), kept(1, '1-2')],
      [ann(begin(), got(2, '1-1'), gap('1-2'), got(1, '1-2'))],
      ['ann got all 1-2 after 1-2', 'ann got s 1 after 2'],
    ],
    [
      'V3: back to an epoch that has ended',
      [kept(1, '5-1'), kept(2, '4-1')],
      [ann(begin('5-0'), got(1, '5-1'), got(2, '4-1'))],
      ['ann got all 4-1 after 5-1'],
    ],
    [
      'V4: accepted, and lost at the end, where no number shows it',
      [kept(1), kept(2)],
      [ann(begin(), got(1)), bob(begin(), got(1), got(2))],
      ['ann never got s 2 (all 1-2), and was not told'],
    ],
    [
      'V4: accepted, exposed, kept all the same, and lost',
      [{ ...kept(1), exposed: true }],
      [ann(begin())],
      ['ann never got s 1 (all 1-1), and was not told'],
    ],
    [
      'V4: unknown, and kept: whom it has reached shows that it was',
      [unknown(1)],
      [ann(begin(), got(1)), bob(begin())],
      ['bob never got s 1 (all 1-1), and was not told'],
    ],
    [
      'V4: told of the wrong gap',
      [kept(1), kept(2), kept(3)],
      [ann(begin(), got(1), got(2), gap('1-2'))],
      ['ann never got s 3 (all 1-3), and was not told'],
    ],
    [
      'V4: accepted to be kept, and not kept',
      [{ ...accepted(1, 2, true), kept: true }],
      [ann(begin(), { name: 's 1' }), bob(begin(), { name: 's 1' })],
      ['s 1 was accepted to be kept, and has no position'],
    ],
    ['V5: refused, and kept', [refused(1)], [ann(begin(), got(1))], ['ann got s 1, which was refused']],
    [
      'V6: one position, two meanings',
      [unknown(1), unknown(2)],
      [ann(begin(), got(1)), bob(begin(), got(2, '1-1'))],
      ['all 1-1 means s 1, and s 2'],
    ],
    [
      'V6: the receipt says something else',
      [kept(1), unknown(2)],
      [ann(begin(), got(2, '1-1'))],
      ['all 1-1 means s 1, and s 2'],
    ],
  ]);
});
