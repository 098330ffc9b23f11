import type { GridPos } from '@grafana/grafana-foundation-sdk/dashboard';
import { escapeHtml, htmlTable } from '@tabcast/loadtest/report/html';
import { textOf } from '../../src/programs/repository.js';
import type { DashboardModel, PanelModel, Threshold } from './dashboard-model.js';
import type { Line, PanelData } from './panel-data.js';
import { cells, type Frame, graph, sparkline } from './panel-graph.js';
import { unitText } from './unit-text.js';

/** Grafana's grid: 24 columns, and rows of 30 px with 8 px between them. */
const [columnWidth, rowHeight, gap] = [66, 30, 8];

/**
 * The dashboard as a page, since Grafana cannot run here: the places, queries, units and colours are those of the file,
 * the drawing is ours. It loads nothing.
 */
export function dashboardPage(
  { title, panels }: DashboardModel,
  data: readonly PanelData[],
  time: Pick<Frame, 'start' | 'end' | 'marks'>,
): string {
  const places = panels.map((panel) => {
    if (panel.type === 'row') return `<h2 style="${place(panel.gridPos)}">${escapeHtml(panel.title)}</h2>`;
    const own = data.find((one) => one.panel === panel)!;
    return `<section style="${place(panel.gridPos)}"><h3>${escapeHtml(panel.title)}</h3>${drawing(own, frameOf(panel, time))}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title ?? '')}</title>
<style>
${textOf('loadtest/page/report.css')}${style}</style></head>
<body><main>
${places.join('\n')}
</main></body></html>
`;
}

function drawing(data: PanelData, frame: Frame): string {
  const { panel, lines } = data;
  if (panel.type === 'table') return rows(data);
  if (lines.every(({ points }) => points.length === 0)) return '<p class="empty">No data</p>';
  if (panel.type === 'stat') return numbers(data, frame);
  return panel.type === 'heatmap' ? cells(data, frame) : graph(data, frame);
}

function numbers({ panel, lines }: PanelData, frame: Frame): string {
  const { unit, thresholds } = panel.fieldConfig.defaults;
  const width = (frame.width - gap * (lines.length - 1)) / lines.length;
  const shown = lines.map((line) => {
    const last = lastOf(line);
    const color = panel.options.colorMode === 'background' ? colorOf(thresholds.steps, last) : 'transparent';
    const name = lines.length > 1 ? `<small>${escapeHtml(line.name)}</small>` : '';
    return `<div style="background: ${color}">${name}<strong>${unitText(unit, last)}</strong>${sparkline(line, { ...frame, width, height: 40 })}</div>`;
  });
  return `<div class="numbers">${shown.join('')}</div>`;
}

function rows({ panel, lines }: PanelData): string {
  const { indexByName, renameByName } = panel.transformations![0]!.options;
  const { noValue = '', unit } = panel.fieldConfig.defaults;
  if (lines.length === 0) return `<p class="empty">${escapeHtml(noValue)}</p>`;
  const columns = Object.keys(indexByName).sort((a, b) => indexByName[a]! - indexByName[b]!);
  const cell = (line: Line, column: string) =>
    column === 'Value' ? unitText(unit, lastOf(line)) : escapeHtml(line.labels[column] ?? '');
  return htmlTable(
    columns.map((column) => renameByName[column] ?? column),
    lines.map((line) => columns.map((column) => cell(line, column))),
  );
}

function lastOf({ points }: Line): number | undefined {
  return points.findLast(([, value]) => Number.isFinite(value))?.[1];
}

function colorOf(steps: readonly Threshold[], value = Number.NaN): string {
  const reached = steps.findLast((step) => step.value === null || value >= step.value);
  return `var(--${reached?.color})`;
}

function frameOf({ gridPos }: PanelModel, time: Pick<Frame, 'start' | 'end' | 'marks'>): Frame {
  const width = gridPos.w * columnWidth - gap - 24;
  return { ...time, width, height: gridPos.h * (rowHeight + gap) - 84 };
}

function place({ x, y, w, h }: GridPos): string {
  return `grid-area: ${y + 1} / ${x + 1} / span ${h} / span ${w}`;
}

const style = `
:root { --green: #3f9e5a; --orange: #d9822b; --red: #c0281f; }
body { max-width: none; width: ${24 * columnWidth + 32}px; }
main { display: grid; grid-template-columns: repeat(24, ${columnWidth - gap}px); grid-auto-rows: ${rowHeight}px; gap: ${gap}px; }
h2 { margin: 0; align-self: end; }
section { overflow: hidden; padding: 8px 12px; border: 1px solid var(--line); border-radius: 4px; background: var(--panel); }
h3 { margin: 0 0 4px; font-size: 13px; white-space: nowrap; }
svg { display: block; }
svg text { fill: var(--muted); font: 11px system-ui, sans-serif; }
.grid { stroke: var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; color: var(--muted); font-size: 11px; line-height: 1.3; }
.legend i { display: inline-block; width: 12px; height: 3px; margin-right: 4px; vertical-align: middle; }
.numbers { display: flex; gap: ${gap}px; height: 105px; }
.numbers div { position: relative; flex: 1; padding: 4px 8px; border-radius: 4px; overflow: hidden; }
.numbers strong { display: block; font-size: 28px; }
.numbers small { color: var(--muted); }
.spark { position: absolute; left: 0; bottom: 0; }
.empty { color: var(--muted); }
`;
