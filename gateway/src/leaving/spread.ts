/**
 * So many moments in a window, in ms from its beginning and in order: one at random within each of as many equal parts.
 * That is more even than chance, and still nobody can foretell a moment.
 *
 * @param random from 0 up to 1, as Math.random
 */
export function spread(count: number, window: number, random: () => number): number[] {
  return Array.from({ length: count }, (_, index) => ((index + random()) / count) * window);
}

/** The items in random order (Fisher and Yates). */
export function shuffle<T>(items: Iterable<T>, random: () => number): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  return shuffled;
}
