import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BrokerUnavailable, OutcomeUnknown } from '../../src/broker/broker.js';
import { slotOf } from '../../src/broker/redis/cluster/hash-slot.js';
import { Lane } from '../../src/broker/redis/cluster/lane.js';
import { redirectionOf } from '../../src/broker/redis/cluster/redirection.js';
import { readOwners } from '../../src/broker/redis/cluster/topology.js';

/** As a command connection fails with what Redis has said. */
function refusal(words: string): BrokerUnavailable {
  return new BrokerUnavailable('Redis refused', { cause: new Error(words) });
}

describe('the slot of a name', () => {
  // The first is the example of the specification, the others are what CLUSTER KEYSLOT says.
  const slots: [name: string, slot: number][] = [
    ['123456789', 12_739],
    ['', 0],
    ['foo', 12_182],
    ['{foo}:bar', 12_182],
    ['a{foo}{bar}', 12_182],
    ['{}foo', 9500],
    ['foo{', slotOf('{foo{}')],
  ];
  for (const [name, slot] of slots) test(`"${name}" is ${slot}`, () => assert.equal(slotOf(name), slot));
});

describe('where a node sends a command', () => {
  test('to the owner of the slot', () => {
    assert.deepEqual(redirectionOf(refusal('MOVED 3999 127.0.0.1:6381')), {
      ...{ kind: 'moved', slot: 3999, owner: '127.0.0.1:6381' },
    });
    assert.deepEqual(redirectionOf(new Error('MOVED 1 ::1:7000')), {
      ...{ kind: 'moved', slot: 1, owner: '[::1]:7000' },
    });
  });

  test('to wait while the slot moves, or has nobody', () => {
    assert.deepEqual(redirectionOf(refusal('ASK 3999 127.0.0.1:6381')), { kind: 'moving' });
    assert.deepEqual(redirectionOf(refusal('TRYAGAIN Multiple keys request')), { kind: 'moving' });
    assert.deepEqual(redirectionOf(refusal('CLUSTERDOWN The cluster is down')), { kind: 'down' });
  });

  test('nowhere with any other failure', () => {
    assert.equal(redirectionOf(refusal('OOM command not allowed')), undefined);
    assert.equal(redirectionOf(new OutcomeUnknown('MOVED by chance')), undefined);
    assert.equal(redirectionOf(new BrokerUnavailable('not connected')), undefined);
  });
});

test('who has which slot, by a node that may not know its own name', () => {
  const owners = readOwners(
    [
      [0, 1, [null, 7000, 'id-1'], ['10.0.0.9', 7009, 'replica']],
      [3, 3, ['::1', 7001, 'id-2', ['hostname', 'x']]],
      [4, 4, ['?', 7002, 'id-3']],
      [5, 16_383, ['', 7003, 'id-4']],
    ],
    'asked',
  );
  assert.deepEqual(owners.slice(0, 6), [
    ...['asked:7000', 'asked:7000', undefined],
    ...['[::1]:7001', undefined, 'asked:7003'],
  ]);
  assert.equal(owners.length, 16_384);
});

describe('the lane of a slot', () => {
  /** A node that takes commands, or does not. */
  function node() {
    const taken: string[] = [];
    const refusals: (Error | undefined)[] = [];
    return {
      taken,
      /** What becomes of the next commands; undefined: taken. */
      refusals,
      async take(text: string): Promise<string> {
        const refused = refusals.shift();
        await undefined;
        if (refused !== undefined) throw refused;
        taken.push(text);
        return text;
      },
    };
  }

  test('what was sent elsewhere goes out again before what came later, in its order', async () => {
    const { taken, refusals, take } = node();
    const lane = new Lane(1000);
    refusals.push(refusal('MOVED 1 a:1'), refusal('MOVED 1 a:1'));
    const early = ['a', 'b'].map((text) => lane.run(() => take(text)));
    await new Promise(setImmediate);
    const late = ['c', 'd'].map((text) => lane.run(() => take(text)));
    assert.deepEqual(await Promise.all([...early, ...late]), ['a', 'b', 'c', 'd']);
    assert.deepEqual(taken, ['a', 'b', 'c', 'd']);
  });

  test('a new master that is not connected yet gets a moment', async () => {
    const { taken, refusals, take } = node();
    refusals.push(refusal('ASK 1 a:1'), new BrokerUnavailable('not connected'), refusal('TRYAGAIN'));
    await new Lane(10_000).run(() => take('a'));
    assert.deepEqual(taken, ['a']);
  });

  test('patience ends, and so does what follows', async () => {
    const { taken, refusals, take } = node();
    const lane = new Lane(0);
    refusals.push(refusal('TRYAGAIN'));
    await assert.rejects(
      lane.run(() => take('a')),
      BrokerUnavailable,
    );
    await lane.run(() => take('b'));
    assert.deepEqual(taken, ['b']);
  });

  test('what nobody has sent elsewhere fails at once, and what may have been done is not done again', async () => {
    const { refusals, take } = node();
    const lane = new Lane(10_000);
    refusals.push(new BrokerUnavailable('not connected'));
    await assert.rejects(
      lane.run(() => take('a')),
      BrokerUnavailable,
    );
    refusals.push(refusal('MOVED 1 a:1'), new OutcomeUnknown('silence'));
    await assert.rejects(
      lane.run(() => take('b')),
      OutcomeUnknown,
    );
  });
});
