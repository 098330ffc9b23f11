import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { GatewayProcess } from '../gateway.js';
import { until } from '../until.js';
import { type Page, readPage } from './series.js';

/**
 * By how much series move; `some` where a clock of the gateway moves them as well, upwards, and `perhaps` where nothing but
 * that clock does, if it happens to strike meanwhile.
 */
export type Moves = Readonly<Record<string, number | 'some' | 'perhaps'>>;

/** Makes something happen. Resolves to a function where something is to be put back. */
type Act<Stage> = (stage: Stage) => Promise<unknown>;

/** Something that happens to a gateway, and every series of the metrics concerned that moves. */
export type MetricEvent<Stage> = readonly [moves: Moves, act: Act<Stage>];

/** What events happen to. */
export interface Stage {
  /** Whose page is read. */
  readonly gateway: GatewayProcess;
  close(): Promise<unknown>;
}

/** Events that happen to one gateway, one after the other. */
export interface Scene {
  /** Every series that moves. */
  readonly series: readonly string[];
  /** Makes tests of them. */
  play(): void;
}

export function scene<S extends Stage>(
  name: string,
  start: () => Promise<S>,
  events: readonly MetricEvent<S>[],
): Scene {
  const play = () => {
    describe(name, { concurrency: 1, timeout: 100_000 }, () => {
      let stage: S;
      let quiet: Page;
      before(async () => {
        stage = await start();
        quiet = await readPage(stage.gateway);
      });
      after(() => stage.close());

      for (const [moves, act] of events)
        test(Object.keys(moves).join(', '), async () => {
          await becomeQuiet(stage.gateway, quiet);
          await expectMoves(stage.gateway, moves, () => act(stage));
        });
    });
  };
  const moving = ([moves]: MetricEvent<S>) => Object.keys(moves).filter((key) => moves[key] !== 'perhaps');
  return { series: events.flatMap(moving), play };
}

/** Waits until what earlier events have opened is gone, and what they have broken is whole again. */
async function becomeQuiet(gateway: GatewayProcess, quiet: Page): Promise<void> {
  const left = ['tabcast_tabs', 'tabcast_connections', 'tabcast_webhook_queue'];
  const transient = [...left, 'tabcast_broker_live', 'tabcast_degraded'];
  await until('the traces of earlier events to go', async () => {
    const page = await readPage(gateway);
    return transient.every((series) => page.get(series) === quiet.get(series));
  });
}

async function expectMoves(
  gateway: GatewayProcess,
  expected: Moves,
  act: () => Promise<unknown>,
): Promise<void> {
  const before = await readPage(gateway);
  const certain = Object.fromEntries(Object.entries(expected).filter(([, by]) => by !== 'perhaps'));
  let moved: Moves = {};
  const undo = await act();
  const hasMoved = async () => {
    moved = movesBetween(before, await readPage(gateway), expected);
    return Object.entries(certain).every(([series, by]) => reaches(moved[series], by));
  };
  try {
    await until('the metrics to move', hasMoved).catch(() => {});
    assert.deepEqual(moved, certain);
  } finally {
    if (typeof undo === 'function') await undo();
  }
}

/** What has moved of the metrics of which series are expected to. */
function movesBetween(before: Page, now: Page, expected: Moves): Moves {
  const families = new Set(Object.keys(expected).map(familyOf));
  const moved = [...now]
    .map(([series, value]) => [series, value - before.get(series)!] as const)
    .filter(([series, by]) => by !== 0 && families.has(familyOf(series)))
    .filter(([series, by]) => expected[series] !== 'perhaps' || by < 0);
  return Object.fromEntries(
    moved.map(([series, by]) => [series, expected[series] === 'some' && by > 0 ? 'some' : by]),
  );
}

function reaches(by: Moves[string] | undefined, expected: Moves[string]): boolean {
  if (typeof by !== 'number' || typeof expected !== 'number') return by === expected;
  return expected > 0 ? by >= expected : by <= expected;
}

function familyOf(series: string): string {
  return series.replace(/\{.*/, '');
}
