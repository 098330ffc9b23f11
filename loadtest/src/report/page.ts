import type { Percentiles } from '../books/latency.js';
import { chartsOf } from './chart.js';
import { measured } from './format.js';
import { escapeHtml, htmlList, Page } from './html.js';
import type { Result } from './result.js';
import { lossesLine, machineLine, moment, optionsLine, percentileNames } from './table.js';

/** Results as one HTML file that needs nothing else: for an artifact of CI, or an e-mail. */
export function resultPage(results: readonly Result[]): string {
  const page = new Page();
  const names = [...new Set(results.map(({ scenario }) => scenario))].join(', ');
  const body = results.map((result) => resultSection(result, page)).join('');
  return page.render(`Load: ${names}`, `<h1>Load: ${escapeHtml(names)}</h1>\n${body}`);
}

function resultSection(result: Result, page: Page): string {
  const { scenario, target, date, machine, options, figures, latency, losses, problems } = result;
  const isLossless = Object.values(losses).every((count) => count === 0);
  const shown = figures.map(({ name, unit, value }) => figure(name, measured(value, unit)));
  return `<article>
<h2>${escapeHtml(`${scenario}: ${target}`)}</h2>
<p class="small">${escapeHtml(moment(date))} · ${escapeHtml(optionsLine(options))}<br>
${escapeHtml(machineLine(machine))}</p>
${htmlList('Problems', problems, 'problems')}<section class="panel"><dl class="figures">
${shown.join('')}${figure('losses', lossesLine(losses), isLossless ? '' : 'bad')}</dl></section>
${latency === undefined ? '' : latencySection(latency)}<div class="charts">
${chartsOf(result)
  .map((chart) => page.chart(chart))
  .join('')}</div>
</article>
`;
}

function figure(name: string, text: string, className = ''): string {
  return `<div><dt>${escapeHtml(name)}</dt><dd class="${className}">${escapeHtml(text)}</dd></div>\n`;
}

function latencySection(latency: Percentiles): string {
  const names = Object.keys(percentileNames) as (keyof Percentiles)[];
  const cells = names.map((name) => figure(percentileNames[name], measured(latency[name], 'ms')));
  return `<section class="panel"><h3>Latency, from when a message was due to its arrival</h3>
<dl class="figures">
${cells.join('')}</dl></section>
`;
}
