/** A value as Grafana writes it in one of the units that the dashboard uses. @throws at any other unit */
export function unitText(unit: string, value: number | undefined): string {
  const write = writers[unit];
  if (write === undefined) throw new Error(`pictures know no unit "${unit}"`);
  return value === undefined || !Number.isFinite(value) ? '–' : write(value);
}

type Steps = readonly (readonly [least: number, name: string])[];

const times: Steps = [
  [86_400, ' day'],
  [3600, ' h'],
  [60, ' min'],
  [1, ' s'],
  [1e-3, ' ms'],
  [1e-6, ' µs'],
];
const thousands: Steps = [
  [1e9, ' Bil'],
  [1e6, ' Mil'],
  [1e3, ' K'],
];
const binary: Steps = [
  [2 ** 30, ' GiB'],
  [2 ** 20, ' MiB'],
  [2 ** 10, ' KiB'],
];

const writers: Readonly<Record<string, (value: number) => string>> = {
  short: (value) => stepped(value, thousands, ''),
  s: (value) => stepped(value, times, ' s'),
  percentunit: (value) => `${digits(value * 100)}%`,
  bytes: (value) => stepped(value, binary, ' B'),
  binBps: (value) => `${stepped(value, binary, ' B')}/s`,
  dtdhms: (value) => stepped(value, times, ' s'),
};

function stepped(value: number, steps: Steps, smallest: string): string {
  const [least, name] = steps.find(([least]) => Math.abs(value) >= least) ?? [1, smallest];
  return `${digits(value / least)}${name}`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
