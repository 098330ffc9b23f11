import type { PanelModel } from './dashboard-model.js';
import type { Line, PanelData } from './panel-data.js';
import { unitText } from './unit-text.js';

/** Something that happened, as a line through all graphs. */
export interface Mark {
  readonly at: number;
  readonly color: string;
}

/** Which time is shown, in s since the epoch, and how large, in px. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Mark[];
}

const left = 64;
const bottom = 18;

/** A graph with its legend, as Grafana's timeseries draws it, more or less. */
export function graph({ panel, lines }: PanelData, frame: Frame): string {
  const { defaults } = panel.fieldConfig;
  const drawn = defaults.custom?.stacking?.mode === 'normal' ? stacked(lines) : lines;
  const highest = Math.max(
    ...drawn.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite),
  );
  const most = defaults.max ?? (highest > 0 ? highest * 1.05 : 1);
  const scale = scaleOf(frame, most);
  return `<svg width="${frame.width}" height="${frame.height}">
${grid(panel, frame, most, scale)}${marks(frame, scale)}${drawn.map(({ points }, index) => path(points, index, scale)).join('')}
${limits(panel, frame, most, scale)}</svg>${legend(lines, defaults.unit)}`;
}

/** The area under one line, without scales: behind the number of a stat. */
export function sparkline({ points }: Line, frame: Frame): string {
  const values = points.map(([, value]) => value).filter(Number.isFinite);
  const most = Math.max(...values, 1e-9) * 1.1;
  const x = (time: number) => ((time - frame.start) / (frame.end - frame.start)) * frame.width;
  const y = (value: number) => frame.height * (1 - value / most);
  return `<svg class="spark" width="${frame.width}" height="${frame.height}">${path(points, 0, { x, y })}</svg>`;
}

/** How many fell into each bucket, brighter where it were more. */
export function cells({ panel, lines }: PanelData, frame: Frame): string {
  const rows = lines
    .map((line) => ({ bound: Number(line.labels['le'] === '+Inf' ? Infinity : line.labels['le']), line }))
    .sort((a, b) => a.bound - b.bound);
  const counts = rows.map(({ line }, row) =>
    line.points.map(
      ([time, value], at) => [time, value - (rows[row - 1]?.line.points[at]?.[1] ?? 0)] as const,
    ),
  );
  const most = Math.max(...counts.flat().map(([, count]) => count));
  const rowHeight = (frame.height - bottom) / rows.length;
  const { x } = scaleOf(frame, 1);
  const width = (frame.width - left) / Math.max(1, counts[0]?.length ?? 1);
  const cell = (row: number, time: number, count: number) =>
    count <= 1e-9
      ? ''
      : `<rect x="${x(time)}" y="${(rows.length - 1 - row) * rowHeight}" width="${width + 0.5}" height="${rowHeight - 1}" fill="hsl(${240 - 240 * Math.sqrt(count / most)} 80% 50%)"/>`;
  const drawn = counts.flatMap((row, index) => row.map(([time, count]) => cell(index, time, count)));
  const names = rows.map(
    ({ bound }, row) =>
      `<text x="${left - 6}" y="${(rows.length - row) * rowHeight - 2}" text-anchor="end">${bound === Infinity ? '+Inf' : unitText(panel.fieldConfig.defaults.unit, bound)}</text>`,
  );
  return `<svg width="${frame.width}" height="${frame.height}">${drawn.join('')}${names.join('')}</svg>`;
}

interface Scale {
  readonly x: (time: number) => number;
  readonly y: (value: number) => number;
}

function scaleOf({ start, end, width, height }: Frame, most: number): Scale {
  return {
    x: (time) => left + ((time - start) / (end - start)) * (width - left),
    y: (value) => 4 + (height - bottom - 4) * (1 - value / most),
  };
}

/** Each line upon those before it. */
function stacked(lines: readonly Line[]): Line[] {
  const below = new Map<number, number>();
  return lines.map((line) => ({
    ...line,
    points: line.points.map(([time, value]) => {
      below.set(time, (below.get(time) ?? 0) + value);
      return [time, below.get(time)!] as const;
    }),
  }));
}

function grid(
  { fieldConfig }: PanelModel,
  { width, height, start, end }: Frame,
  most: number,
  { x, y }: Scale,
): string {
  const levels = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(part * most);
    const text = unitText(fieldConfig.defaults.unit, part * most);
    return `<path class="grid" d="M${left} ${at}H${width}"/><text x="${left - 6}" y="${at + 4}" text-anchor="end">${text}</text>`;
  });
  const times = [0, 0.25, 0.5, 0.75].map((part) => {
    const time = start + part * (end - start);
    return `<text x="${x(time)}" y="${height - 3}">${new Date(time * 1000).toISOString().slice(11, 19)}</text>`;
  });
  return [...levels, ...times].join('');
}

function path(points: Line['points'], index: number, { x, y }: Scale): string {
  const finite = points.filter(([, value]) => Number.isFinite(value));
  if (finite.length === 0) return '';
  const d = finite.map(([time, value]) => `${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join('L');
  const [from, to] = [x(finite[0]![0]).toFixed(1), x(finite.at(-1)![0]).toFixed(1)];
  const color = `var(--line-${index % 6})`;
  return `<path d="M${d}L${to} ${y(0)}L${from} ${y(0)}Z" fill="${color}" opacity="0.1"/><path d="M${d}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
}

function marks({ marks, height, start, end }: Frame, { x }: Scale): string {
  return marks
    .filter(({ at }) => at >= start && at <= end)
    .map(
      ({ at, color }) =>
        `<path d="M${x(at)} 0V${height - bottom}" stroke="${color}" stroke-dasharray="3 3" opacity="0.6"/>`,
    )
    .join('');
}

function limits({ fieldConfig }: PanelModel, { width }: Frame, most: number, { y }: Scale): string {
  if (fieldConfig.defaults.custom?.thresholdsStyle?.mode !== 'dashed') return '';
  return fieldConfig.defaults.thresholds.steps
    .filter(({ value }) => value !== null && value < most)
    .map(
      ({ value, color }) =>
        `<path d="M${left} ${y(value!)}H${width}" stroke="${color}" stroke-dasharray="8 6"/>`,
    )
    .join('');
}

/** Without what stays 0, as the override of the panel says. */
function legend(lines: readonly Line[], unit: string): string {
  const shown = lines
    .map(({ name, points }, index) => ({ name, points, index }))
    .filter(({ points }) => points.some(([, value]) => value !== 0))
    .map(({ name, points, index }) => {
      const last = points.findLast(([, value]) => Number.isFinite(value))?.[1];
      return `<span><i style="background: var(--line-${index % 6})"></i>${name} <b>${unitText(unit, last)}</b></span>`;
    });
  return `<div class="legend">${shown.length === 0 ? 'all 0' : shown.join('')}</div>`;
}
