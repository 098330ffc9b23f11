/** A receipt, or a batch of them, without the positions, which no test knows in advance. */
export function withoutPositions(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (name, value) => (name === 'position' ? undefined : value));
}
