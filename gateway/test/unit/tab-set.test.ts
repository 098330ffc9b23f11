import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { HubTab } from '../../src/fanout/hub.js';
import { TabSet } from '../../src/fanout/tab-set.js';

const tabs = ['a', 'b', 'c'].map((connection) => ({ connection }) as HubTab);
const step = fc.record({
  verb: fc.constantFrom('add' as const, 'delete' as const),
  tab: fc.constantFrom(...tabs),
});

describe('TabSet', () => {
  test('is a Set, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const [small, model] = [new TabSet(), new Set<HubTab>()];
        for (const { verb, tab } of steps) {
          const said = small[verb](tab);
          const meant = model[verb](tab);
          if (verb === 'delete') assert.equal(said, meant);
          assert.deepEqual([...small], [...model]);
          assert.equal(small.size, model.size);
          for (const one of tabs) assert.equal(small.has(one), model.has(one));
        }
      }),
    );
  });
});
