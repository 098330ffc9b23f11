const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A number of things. @param {number} value */
export function count(value) {
  return whole.format(value);
}

/** A rate per second; below ten a tenth matters. @param {number} value */
export function rate(value) {
  return value > 0 && value < 9.95 ? tenths.format(value) : whole.format(value);
}

/** @param {number} ms */
export function milliseconds(ms) {
  return `${ms < 99.95 ? tenths.format(ms) : whole.format(ms)} ms`;
}

/** @param {number} value in bytes */
export function bytes(value) {
  return value < 999.5e6 ? `${whole.format(value / 1e6)} MB` : `${tenths.format(value / 1e9)} GB`;
}

/** The largest unit of time of which there are two or more, as `tabcast nodes` says it. @param {number} ms */
export function duration(ms) {
  const units = /** @type {const} */ ([
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ]);
  const unit = units.find(([, length]) => ms >= 2 * length);
  return unit === undefined
    ? `${Math.max(0, Math.round(ms / 1000))} s`
    : `${Math.floor(ms / unit[1])} ${unit[0]}`;
}

/** A time of day. @param {number} time in ms since the epoch */
export function clock(time) {
  return new Date(time).toTimeString().slice(0, 8);
}

/** A number and its noun. @param {number} value @param {string} noun */
export function counted(value, noun) {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
