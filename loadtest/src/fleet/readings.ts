import { Latencies } from '../books/latency.js';
import type { Reading } from './plan.js';

/** What several parts of a fleet have seen together. */
export function addReadings(parts: readonly Reading[]): Reading {
  const total = (count: (part: Reading) => number) => parts.reduce((sum, part) => sum + count(part), 0);
  return {
    open: total(({ open }) => open),
    received: total(({ received }) => received),
    latencies: merge(parts.map(({ latencies }) => latencies)),
    welcomes: merge(parts.map(({ welcomes }) => welcomes)),
    closes: addCloses(parts),
    reconnects: total(({ reconnects }) => reconnects),
    failures: total(({ failures }) => failures),
    unrecovered: total(({ unrecovered }) => unrecovered),
    clockError: Math.max(0, ...parts.map(({ clockError }) => clockError)),
  };
}

function addCloses(parts: readonly Reading[]): Reading['closes'] {
  const sum: Record<number, number> = {};
  for (const { closes } of parts)
    for (const [code, count] of Object.entries(closes)) sum[Number(code)] = (sum[Number(code)] ?? 0) + count;
  return sum;
}

function merge(encoded: readonly string[]): string {
  const all = new Latencies();
  for (const text of encoded) all.add(Latencies.decode(text));
  return all.encode();
}
