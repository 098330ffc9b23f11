/**
 * So many of the tabs, those whose clients have been silent for the longest time. Of a hundred thousand tabs only
 * numbers are sorted, because that blocks everyone else.
 *
 * @param count at most as many as there are tabs
 */
export function idlest<Tab extends { readonly heard: number }>(tabs: readonly Tab[], count: number): Tab[] {
  const last = new Float64Array(tabs.map(({ heard }) => heard)).sort()[count - 1];
  if (last === undefined) return [];
  const before = tabs.filter(({ heard }) => heard < last);
  const atLast = tabs.filter(({ heard }) => heard === last);
  return [...before, ...atLast.slice(0, count - before.length)];
}
