import { readFileSync } from 'node:fs';
import type { Chart } from './chart.js';

/** Text that the reader is to see as it is. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** @param rows of cells that are HTML already */
export function htmlTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = header.map((cell) => `<th>${escapeHtml(cell)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>\n`).join('');
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body}</tbody></table></div>\n`;
}

/** Items under a heading; nothing at all where there are none. */
export function htmlList(title: string, items: readonly string[], className = ''): string {
  if (items.length === 0) return '';
  const lines = items.map((item) => `<li>${escapeHtml(item)}</li>\n`).join('');
  return `<section class="panel ${className}"><h3>${escapeHtml(title)}</h3><ul>\n${lines}</ul></section>\n`;
}

/** A page under construction, which numbers its charts. */
export class Page {
  readonly #charts: Chart[] = [];

  /** The place of a chart. */
  chart(chart: Chart): string {
    const number = this.#charts.push(chart) - 1;
    const unit = chart.unit === '' ? '' : `, ${chart.unit}`;
    return `<section class="panel"><h3>${escapeHtml(chart.title + unit)}</h3><div data-chart="${number}"></div></section>\n`;
  }

  /**
   * The whole page, which loads nothing from anywhere: scripts, styles and data are in it.
   * @param body HTML, with the places of the charts
   */
  render(title: string, body: string): string {
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>
${borrowed('uplot/dist/uPlot.min.css')}
${own('report.css')}</style>
</head>
<body>
${body}
<script type="application/json" id="charts">${scriptJson(this.#charts)}</script>
<script>${borrowed('uplot/dist/uPlot.iife.min.js')}</script>
<script>
${own('charts.js')}</script>
</body>
</html>
`;
  }
}

/** JSON that cannot end the script that it stands in. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function own(name: string): string {
  return readFileSync(new URL(`../../../page/${name}`, import.meta.url), 'utf8');
}

function borrowed(path: string): string {
  return readFileSync(new URL(import.meta.resolve(path)), 'utf8');
}
