import type { BarChart } from './chart.js';
import type { Absence, Comparison, ComparisonTable } from './comparison.js';
import { charted, comparisonColumns, comparisonMethod, disturbance } from './comparison-table.js';
import { escapeHtml, htmlList, htmlTable, Page } from './html.js';
import { machineLine, moment } from './table.js';

/** A comparison as one HTML file that needs nothing else. */
export function comparePage(comparison: Comparison): string {
  const { date, machine, peers, missing, tables, problems } = comparison;
  const page = new Page();
  const about = peers.map(({ name, title, remarks }) => aboutPeer(name, title, remarks)).join('');
  const body = `<h1>Side by side</h1>
<p class="small">${escapeHtml(moment(date))}<br>${escapeHtml(machineLine(machine))}</p>
${htmlList('Problems', problems, 'problems')}${tables.map((table) => workloadSection(table, comparison, page)).join('')}
${htmlList('Not compared here', missing.map(absence))}<section class="panel"><h3>Who is compared</h3><dl class="remarks">
${about}</dl></section>
<section class="panel"><h3>How it was measured</h3>
<p>${escapeHtml(comparisonMethod(comparison))}</p><p>${escapeHtml(disturbance(comparison))}</p></section>
`;
  return page.render('tabcast side by side', body);
}

function workloadSection(table: ComparisonTable, { yardstick }: Comparison, page: Page): string {
  const columns = comparisonColumns(yardstick);
  const rows = table.rows.map((row) => columns.map(({ cell }) => cellHtml(cell(row))));
  return `<article>
<h2>${escapeHtml(table.workload)}</h2>
<p>${escapeHtml(table.about)}</p>
${page.chart(cpuChart(table))}<section class="panel">${htmlTable(
    columns.map(({ title }) => title),
    rows,
  )}</section>
${htmlList('Not measured under this load', table.left.map(absence))}</article>
`;
}

/** CPU per delivery of every server that has a figure. */
function cpuChart(table: ComparisonTable): BarChart {
  const rows = charted(table);
  return {
    kind: 'bars',
    title: 'Server CPU per delivery',
    unit: 'µs',
    names: rows.map(({ peer }) => peer),
    values: rows.map(({ gatewayCpu }) => gatewayCpu.median),
    least: rows.map(({ gatewayCpu }) => gatewayCpu.min),
    most: rows.map(({ gatewayCpu }) => gatewayCpu.max),
  };
}

/** The range of the rounds stands back behind the median. */
function cellHtml(text: string): string {
  return escapeHtml(text).replace(/ (\([^()]*–[^()]*\))$/, ' <span class="range">$1</span>');
}

function aboutPeer(name: string, title: string, remarks: string): string {
  return `<dt>${escapeHtml(`${name}: ${title}`)}</dt><dd>${escapeHtml(remarks)}</dd>\n`;
}

function absence({ peer, reason }: Absence): string {
  return `${peer}: ${reason}`;
}
