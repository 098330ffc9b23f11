import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SmallSet } from '../../src/fanout/small-set.js';

const members = ['a', 'b', 'c'].map((name) => ({ name }));
const step = fc.record({
  verb: fc.constantFrom('add' as const, 'delete' as const),
  member: fc.constantFrom(...members),
});

describe('SmallSet', () => {
  test('is a Set, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const [small, model] = [new SmallSet<object>(), new Set<object>()];
        for (const { verb, member } of steps) {
          const said = small[verb](member);
          const meant = model[verb](member);
          if (verb === 'delete') assert.equal(said, meant);
          assert.deepEqual([...small], [...model]);
          assert.equal(small.size, model.size);
          for (const one of members) assert.equal(small.has(one), model.has(one));
        }
      }),
    );
  });
});
