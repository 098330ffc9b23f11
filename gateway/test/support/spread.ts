/** How far times are from being spread evenly over a window, by Kolmogorov and Smirnov: from 0 to 1. */
export function distanceFromEven(times: readonly number[], window: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.max(...sorted.map((time, index) => Math.abs(time / window - index / sorted.length)));
}

/** How many times fall into each part of a window, as lines for people. What comes later is counted in the last part. */
export function histogram(times: readonly number[], window: number, parts: number): string[] {
  const counts = Array.from({ length: parts }, () => 0);
  for (const time of times) counts[Math.min(parts - 1, Math.floor((time / window) * parts))]!++;
  const widest = Math.max(...counts);
  return counts.map((count, part) => {
    const from = Math.round((part * window) / parts);
    return `${String(from).padStart(6)} ms ${'*'.repeat(Math.round((count / widest) * 40))} ${count}`;
  });
}
