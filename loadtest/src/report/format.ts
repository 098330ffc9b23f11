/** What stands where nothing could be measured. */
export const none = '–';

/**
 * A number with as few digits as tell something: three, or all before the point. A dash for NaN, and for null, which is what
 * NaN becomes in JSON.
 */
export function digits(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return none;
  if (Number.isInteger(value) || Math.abs(value) >= 999.5) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}

/** A number with its unit, for instance `4.21 µs`. */
export function measured(value: number | null, unit: string): string {
  const text = digits(value);
  return text === none || unit === '' ? text : `${text} ${unit}`;
}

/** Pads the cells of a table so that its columns stand under one another: the first to the left, the others to the right. */
export function align(table: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...table.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return table.map((row) => `  ${row.map(pad).join('  ')}`.trimEnd());
}
