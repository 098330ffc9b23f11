import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Comparison, ComparisonTable } from './comparison.js';
import { charted, comparisonColumns, comparisonMethod, disturbance } from './comparison-table.js';
import { machineLine, moment } from './table.js';

/** The file of a comparison, in a folder of results. */
export const comparisonFile = 'comparison.json';

/**
 * The newest comparison among the folders of results, whose names begin with their date; undefined where there is none.
 * @param results folder of folders, with a slash at its end
 */
export function newestComparison(results: URL): Comparison | undefined {
  const folders = existsSync(results) ? readdirSync(results).sort().reverse() : [];
  const files = folders.map((folder) => new URL(`${folder}/${comparisonFile}`, results));
  const newest = files.find((file) => existsSync(file));
  return newest === undefined ? undefined : parseComparison(readFileSync(newest, 'utf8'));
}

/**
 * A folder of results for a comparison of this moment, whose name sorts behind those of all others; one that is there is kept.
 * @param results folder of folders, with a slash at its end
 */
export function newFolder(results: URL, moment: Date): URL {
  const [day, time] = moment.toISOString().split('T');
  const folder = new URL(`${day}/`, results);
  return existsSync(folder) ? new URL(`${day}-${time!.slice(0, 8).replaceAll(':', '')}/`, results) : folder;
}

/** Reads the JSON of a comparison, in which NaN is null. */
export function parseComparison(json: string): Comparison {
  return JSON.parse(json, (_name, value) => (value === null ? Number.NaN : value)) as Comparison;
}

/** When, where and how, then a chart and a table for each workload. */
export function comparisonAsMarkdown(comparison: Comparison): string {
  const { date, machine, tables, problems } = comparison;
  const sections = [
    `Taken ${moment(date)} on: ${machineLine(machine)}.`,
    comparisonMethod(comparison),
    disturbance(comparison),
    ...(problems.length === 0 ? [] : [`Problems:\n\n${bullets(problems)}`]),
    ...tables.map((table) => workloadAsMarkdown(table, comparison.yardstick)),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** Who is compared, and who could not be. */
export function peersAsMarkdown({ peers, missing }: Comparison): string {
  const compared = peers.map(({ name, title, remarks }) => `**${name}**: ${title}. ${remarks}`);
  const absent = missing.map(({ peer, reason }) => `**${peer}**: not compared. ${reason}`);
  return `${bullets([...compared, ...absent])}\n`;
}

function workloadAsMarkdown(table: ComparisonTable, yardstick: string): string {
  const columns = comparisonColumns(yardstick);
  const lines = [
    columns.map(({ title }) => title),
    columns.map((_, index) => (index === 0 ? '---' : '---:')),
    ...table.rows.map((row) => columns.map(({ cell }) => cell(row).replaceAll('|', '\\|'))),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const left = table.left.map(({ peer, reason }) => `${peer} is not in the table: ${reason}`);
  const parts = [`### ${table.workload}`, table.about, cpuDiagram(table), lines.join('\n')];
  return [...parts, ...(left.length === 0 ? [] : [bullets(left)])].join('\n\n');
}

/** Bars of CPU per delivery, as Mermaid draws them. */
function cpuDiagram(table: ComparisonTable): string {
  const rows = charted(table);
  const bars = rows.map(({ gatewayCpu }) => Number(gatewayCpu.median.toPrecision(3)));
  const most = Number((Math.max(1, ...bars) * 1.1).toPrecision(2));
  return [
    '```mermaid',
    'xychart-beta horizontal',
    `    title "${table.workload}: server CPU per delivery"`,
    `    x-axis [${rows.map(({ peer }) => `"${peer}"`).join(', ')}]`,
    `    y-axis "µs" 0 --> ${most}`,
    `    bar [${bars.join(', ')}]`,
    '```',
  ].join('\n');
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
