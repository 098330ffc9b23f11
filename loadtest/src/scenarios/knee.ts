/**
 * Looks for the highest rate that is sustained: doubles until one is not, then bisects until both ends are near enough.
 * @param sustains whether a rate is; asked one at a time. Undefined ends the search with what is known
 * @param nearness how much higher, as a share, the lowest rate that was not sustained may be than the highest that was
 * @returns NaN when not even the first was sustained
 */
export async function findKnee(
  first: number,
  nearness: number,
  sustains: (rate: number) => Promise<boolean | undefined>,
): Promise<number> {
  let highest = Number.NaN;
  let lowestNot = Number.POSITIVE_INFINITY;
  for (let rate = first; ; rate = lowestNot === Infinity ? highest * 2 : (highest + lowestNot) / 2) {
    const sustained = await sustains(rate);
    if (sustained === undefined) return highest;
    if (sustained) highest = rate;
    else lowestNot = rate;
    if (Number.isNaN(highest) || lowestNot <= highest * (1 + nearness)) return highest;
  }
}
