import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Latencies } from '../../src/books/latency.js';
import { noLosses } from '../../src/books/ledger.js';
import {
  cpuPerDelivery,
  figuresOf,
  type Observation,
  problemsOf,
  reportOf,
} from '../../src/scenarios/load-report.js';
import type { Sample } from '../../src/scenarios/samples.js';

const sample = (at: number, received: number, behind = 0): Sample => ({
  ...{ at, received, behind, p99: 1 },
  usage: [
    { name: 'gateway 1', role: 'gateway', cpuMicros: at * 100_000, residentBytes: 2 ** 20 },
    { name: 'gateway 2', role: 'gateway', cpuMicros: at * 300_000, residentBytes: 2 ** 20 },
    { name: 'redis', role: 'redis', cpuMicros: 50_000, residentBytes: 2 ** 20 },
  ],
});

const latencies = new Latencies();
latencies.record(1);

const sent = { sent: [10, 10], refused: [0, 0], unheard: 0, repeated: 0, behind: 0 };

const observe = (more: Partial<Observation> = {}) =>
  reportOf({
    samples: [sample(0, 0, 70), sample(1, 100, 60), sample(2, 300), sample(3, 500)],
    windowFrom: 1,
    latencies,
    interrupted: false,
    ...{ sent, expected: 500, losses: noLosses, closes: {} },
    ...more,
  });

describe('reportOf', () => {
  test('leaves the warm-up out', () => {
    const report = observe();
    assert.deepEqual([report.seconds, report.deliveries, report.rate], [2, 400, 200]);
    assert.deepEqual(
      report.processes.map(({ cpuPercent }) => cpuPercent),
      [10, 30, 0],
    );
    assert.equal(report.behind, 0);
  });

  test('shares the CPU of all gateways among the deliveries', () => {
    assert.equal(cpuPerDelivery(observe(), 'gateway'), 2000);
  });

  test('shows the whole load over time', () => {
    const { series } = observe();
    const values = (name: string) => series.find((one) => one.name === name)!.values;
    assert.deepEqual(values('deliveries'), [100, 200, 200]);
    assert.deepEqual(values('gateway 2 CPU'), [30, 30, 30]);
    assert.deepEqual(values('redis memory'), [1, 1, 1]);
  });

  test('has no figure of CPU where nothing tells', () => {
    const silent = [sample(0, 0), sample(1, 100), sample(2, 300)].map((one) => ({ ...one, usage: [] }));
    const figures = figuresOf(observe({ samples: silent }));
    const cpu = figures.find(({ name }) => name === 'gateway CPU per delivery')!;
    assert.ok(Number.isNaN(cpu.value));
  });

  test('has no rate when it was interrupted before the window', () => {
    const report = observe({ samples: [sample(0, 0), sample(1, 100)], interrupted: true });
    assert.ok(Number.isNaN(report.rate));
    assert.deepEqual(problemsOf(report), ['Interrupted after 1 s.']);
  });
});

describe('problemsOf', () => {
  test('is empty when all is well', () => {
    assert.deepEqual(problemsOf(observe()), []);
  });

  test('says that there is no latency', () => {
    const report = observe({ latencies: new Latencies() });
    assert.deepEqual(problemsOf(report), [
      'No message reached a sampled tab in the window: there is no latency.',
    ]);
  });

  test('says that what was refused came all the same', () => {
    const report = observe({ losses: { ...noLosses, lost: -1 } });
    assert.deepEqual(problemsOf(report), ['1 delivery was made of messages that had been refused.']);
  });

  test('names whatever is not', () => {
    const report = observe({
      samples: [sample(0, 0), sample(1, 100), sample(2, 300, 51)],
      losses: { lost: 3, doubled: 1, late: 2, stray: 1 },
      closes: { 1006: 1, 4008: 2 },
      sent: { ...sent, refused: [1, 1], unheard: 1 },
    });
    assert.deepEqual(problemsOf(report), [
      '3 of 500 deliveries were lost.',
      '1 delivery was doubled.',
      '2 deliveries were out of order.',
      '1 delivery was for other tabs, or of another load.',
      '1 tab was closed by the server with 1006.',
      '2 tabs were closed by the server with 4008.',
      '2 messages were refused by the server.',
      '1 message was sent while nobody was subscribed.',
      'The sender fell behind by 51 ms: latencies are too high by its fault.',
    ]);
  });
});
