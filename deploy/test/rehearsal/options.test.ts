import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCommand, usage } from '../../src/cli/options.js';
import { scalingOfRepository } from '../../src/rehearsal/hpa.js';

describe('rehearse', () => {
  test('takes the options of a rollout', () => {
    const { rehearsal, json } = readCommand(['rollout', '--tabs', '70', '--kill', '--json', 'a.json']);
    assert.equal(rehearsal.kind, 'rollout');
    assert.deepEqual(rehearsal.plan, {
      ...{ gateways: 3, tabs: 70, sends: 500, calm: 10, lameDuck: 5, window: 60, history: true, kill: true },
    });
    assert.equal(json, 'a.json');
  });

  test('takes the options of autoscaling', () => {
    const { rehearsal } = readCommand(['autoscale', '--faster', '30', '--no-rebalance']);
    assert.equal(rehearsal.kind, 'autoscale');
    assert.deepEqual(rehearsal.plan, {
      ...{ tabs: 600, arrivals: 4, sends: 200, faster: 30, patience: 240, lameDuck: 5, window: 60 },
      ...{ fills: [0.9, 1.8, 3.6], rebalance: false },
    });
  });

  const wrong: readonly (readonly [args: readonly string[], complaint: RegExp])[] = [
    [[], /expected rollout or autoscale, got nothing/],
    [['roll'], /expected rollout or autoscale, got "roll"/],
    [['rollout', '--tabs', 'many'], /--tabs: expected a number above 0, got "many"/],
    [['autoscale', '--kill'], /'--kill'/],
    [['rollout', '--window', '0'], /--window: expected a number above 0/],
  ];
  for (const [args, complaint] of wrong)
    test(`says what is wrong with "${args.join(' ')}"`, () =>
      assert.throws(() => readCommand(args), complaint));

  test('says what the options are unless something else is asked for', () => {
    const { plan: rollout } = readCommand(['rollout']).rehearsal;
    const { plan: autoscale } = readCommand(['autoscale']).rehearsal;
    const [first, second] = usage.split('\nautoscale:');
    for (const [text, plan] of [
      [first!, rollout],
      [second!, autoscale],
    ] as const)
      for (const [, name, value] of text.matchAll(/--([a-z]+) +(\d+)/g))
        assert.equal(plan[name as keyof typeof plan], Number(value), name);
  });
});

test('the autoscaler of the repository is read, and only its times are shorter', () => {
  const [real, fast] = [scalingOfRepository(1), scalingOfRepository(60)];
  assert.ok(real.target > 0 && real.target < 1);
  assert.equal(fast.target, real.target);
  assert.equal(fast.scaleDown.stabilizationWindowSeconds * 60, real.scaleDown.stabilizationWindowSeconds);
  const periods = ({ scaleDown }: typeof real) =>
    scaleDown.policies.map(({ periodSeconds }) => periodSeconds);
  assert.deepEqual(
    periods(fast).map((period) => period * 60),
    periods(real),
  );
  assert.ok(real.scaleDown.policies.length > 0);
});
