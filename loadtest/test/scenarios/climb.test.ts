import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Latencies } from '../../src/books/latency.js';
import { noLosses } from '../../src/books/ledger.js';
import { Climb } from '../../src/scenarios/climb.js';
import { type Observation, reportOf } from '../../src/scenarios/load-report.js';
import { Interrupted } from '../../src/scenarios/opening.js';
import type { Lab } from '../../src/scenarios/scenario.js';

const alive = new AbortController().signal;
const labWith = (signal = alive) => ({ signal, progress: () => {} }) as unknown as Lab;

/** A load whose p99 was so many ms. */
function report(p99: number, { behind = 0, ...more }: Partial<Observation> & { behind?: number } = {}) {
  const latencies = new Latencies();
  latencies.record(p99);
  const sample = (at: number) => ({ at, received: at, p99, behind, usage: [] });
  return reportOf({
    ...{ samples: [sample(0), sample(1)], windowFrom: 0, latencies, interrupted: false },
    ...{ expected: 100, losses: noLosses, closes: {} },
    sent: { sent: [1], refused: [0], unheard: 0, repeated: 0, behind },
    ...more,
  });
}

describe('Climb', () => {
  test('finds the highest rate with p99 under the bound', async () => {
    const climb = new Climb(100);
    const knee = await climb.climb(labWith(), 1000, async (_, rate) => report(rate > 3000 ? 101 : 20));
    assert.equal(knee, 3000);
    assert.equal(climb.best!.rate, 3000);
    assert.deepEqual(climb.problems(labWith()), []);
    assert.deepEqual(
      climb.series().find(({ name }) => name === 'sent')!.values,
      [1000, 2000, 4000, 4000, 3000, 3500, 3500, 3250, 3250],
    );
  });

  test('gives a rate a second chance', async () => {
    const climb = new Climb(100);
    const first = [report(500), report(20)];
    const knee = await climb.climb(labWith(), 1000, async () => first.shift() ?? report(500));
    assert.equal(knee, 1000);
  });

  test('takes no rate that loses something, and reports the losses of every step', async () => {
    const climb = new Climb(100);
    const losses = { ...noLosses, lost: 2 };
    const knee = await climb.climb(labWith(), 1000, async (_, rate) =>
      report(20, rate > 1000 ? { losses } : {}),
    );
    assert.equal(knee, 1000);
    const [lost] = climb.problems(labWith());
    assert.equal(lost, `${climb.losses.lost} of ${climb.series()[0]!.at.length * 100} deliveries were lost.`);
  });

  test('says when it was the sender that could do no more', async () => {
    const climb = new Climb(100);
    await climb.climb(labWith(), 1000, async (_, rate) => report(20, { behind: rate > 1000 ? 60 : 0 }));
    assert.match(climb.problems(labWith())[0]!, /the sender fell behind: the servers may carry more/);
  });

  test('says when it began too high', async () => {
    const climb = new Climb(100);
    assert.equal(await climb.climb(labWith(), 1000, async () => report(500)), Number.NaN);
    assert.deepEqual(climb.problems(labWith()), ['Not even 1000 per s were sustained: start lower.']);
  });

  test('tells what it had found when it is interrupted while tabs are opened', async () => {
    const climb = new Climb(100);
    const knee = await climb.climb(labWith(), 1000, async (_, rate) => {
      if (rate > 1000) throw new Interrupted();
      return report(20);
    });
    assert.equal(knee, 1000);
    assert.equal(climb.best!.rate, 1000);
  });

  test('tells what it had found when it is interrupted', async () => {
    const interrupted = new AbortController();
    const lab = labWith(interrupted.signal);
    const climb = new Climb(100);
    const knee = await climb.climb(lab, 1000, async (_, rate) => {
      if (rate > 1000) interrupted.abort();
      return report(20, rate > 1000 ? { interrupted: true, losses: { ...noLosses, lost: 3 } } : {});
    });
    assert.equal(knee, 1000);
    assert.deepEqual(climb.problems(lab), [
      '3 of 200 deliveries were lost.',
      'Interrupted: the knee may be higher than what was found.',
    ]);
  });
});
