// `npm run docs`: rewrites the generated parts of docs/*.md from the tables in the compiled code, and the files that
// deploy/src/generated.ts lists.
//
//     <!-- generated:NAME -->
//     … what the table of that name says …
//     <!-- /generated -->
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { prepare } from './prepare.mjs';

const root = new URL('..', import.meta.url);

async function rewrite() {
  prepare();
  const tables = await loadTables();
  for (const name of readdirSync('docs').filter((name) => name.endsWith('.md'))) {
    const path = `docs/${name}`;
    update(path, regenerate(readFileSync(path, 'utf8'), tables));
  }
  const { generated } = await load('deploy', 'generated');
  for (const { path, text } of generated) update(path, text());
}

function update(path, fresh) {
  if (existsSync(path) && readFileSync(path, 'utf8') === fresh) return;
  writeFileSync(path, fresh);
  console.log(`${path} is up to date again`);
}

/** A document with its generated parts filled from `tables`. Throws when a part names no table, or has no end. */
export function regenerate(text, tables) {
  const fresh = text.replace(/<!-- generated:(\S+) -->.*?<!-- \/generated -->/gs, (part, name) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`there is no table "${name}"`);
    if (part.lastIndexOf('<!-- generated:') > 0) throw new Error(`the part "${name}" has no end`);
    return `<!-- generated:${name} -->\n\n${table}\n<!-- /generated -->`;
  });
  const [begins, ends] = [/<!-- generated:/g, /<!-- \/generated -->/g].map(
    (mark) => fresh.match(mark)?.length ?? 0,
  );
  if (begins !== ends) throw new Error(`${begins} generated parts begin and ${ends} end`);
  return fresh;
}

/** Every table, by name, as Markdown. The workspaces must have been built. */
export async function loadTables() {
  const { clientErrorCodes, closeCodes, errorCodes, systemActions } = await load('shared', 'index');
  const { bundles } = await import('./bundle.mjs');
  const { problems } = await load('gateway', 'http/problem');
  const { optionsAsMarkdown } = await load('gateway', 'config/markdown');
  const { commands } = await load('gateway', 'cli/commands');
  return {
    'system-actions': table(
      ['Action', 'From', '`details`', 'What it means'],
      Object.entries(systemActions),
      actionRow,
    ),
    'close-codes': table(
      ['Code', 'Name', 'What happened', 'Connect again'],
      Object.entries(closeCodes),
      closeRow,
    ),
    'error-codes': table(['Code', 'Name', 'When'], Object.entries(errorCodes), errorRow),
    'client-error-codes': table(['Code', 'Name', 'When'], Object.entries(clientErrorCodes), errorRow),
    'client-options': table(
      ['Option', 'Type', 'What it is for'],
      members('client', 'options', 'ConnectOptions'),
      memberRow,
    ),
    'client-files': table(['File', 'What it is', 'At most, in KB'], Object.entries(bundles), bundleRow),
    problems: table(['Status', '`code`', '`title`'], Object.entries(problems), problemRow),
    routes: table(['Route', 'API key', 'What it does', 'Answers'], await routes(), routeRow),
    options: optionsAsMarkdown(),
    commands: table(['Command', 'What it does'], Object.entries(commands), commandRow),
    metrics: await metrics(),
    'redis-acl': await redisAcl(),
    'frame-limits': limits(frameLimits),
    'send-limits': limits(sendLimits),
    ...(await comparison()),
  };
}

/** The newest comparison with other servers that is kept. */
async function comparison() {
  const { comparisonAsMarkdown, newestComparison, peersAsMarkdown } = await load(
    'loadtest',
    'report/markdown',
  );
  const newest = newestComparison(new URL('loadtest/results/', root));
  const unknown = 'Nothing has been measured yet.\n';
  return {
    comparison: newest === undefined ? unknown : comparisonAsMarkdown(newest),
    'compared-servers': newest === undefined ? unknown : peersAsMarkdown(newest),
  };
}

const actionRow = ([action, { from, details, sentence }]) => [code(action), from, code(details), sentence];
const closeRow = ([number, { name, sentence, reconnect }]) => [
  number,
  code(name),
  sentence,
  reconnect ? 'yes' : 'no',
];
const errorRow = ([number, { name, sentence }]) => [number, code(name), sentence];
const memberRow = ({ name, type, comment }) => [code(name), code(type), comment];
const bundleRow = ([file, { sentence, limit }]) => [code(file), sentence, limit];
const problemRow = ([name, { status, title }]) => [status, code(name), title];
const routeRow = ({ method, path, guarded, sentence, answers }) => [
  code(`${method} ${path}`),
  guarded ? 'yes' : 'no',
  sentence,
  answers,
];
const commandRow = ([name, { usage, sentence }]) => [code(`tabcast ${name} ${usage}`), sentence];

/** The routes, with every status that the OpenAPI document knows of them, and the problems behind it. */
async function routes() {
  const { operations } = await load('gateway', 'http/operations');
  const { openApiDocument } = await load('gateway', 'http/openapi');
  const { paths } = openApiDocument('');
  return Object.values(operations).map((operation) => {
    const { responses } = paths[operation.path][operation.method.toLowerCase()];
    const answers = Object.entries(responses).map(([status, { description, content }]) => {
      if (!('application/problem+json' in content)) return status;
      return `${status} ${[...description.matchAll(/([a-z-]+): /g)].map(([, problem]) => code(problem)).join(' ')}`;
    });
    return { ...operation, answers: answers.join(', ') };
  });
}

/** What a Redis user of the default prefix needs, as a gateway says it that was refused. */
async function redisAcl() {
  const { aclLine } = await load('gateway', 'broker/redis/refusal');
  const { Names } = await load('gateway', 'broker/redis/names');
  return `\`\`\`\n${aclLine({ user: 'tabcast', db: 0 }, new Names('tabcast'))}\n\`\`\`\n`;
}

/** The label values are those of fresh counters; the version of a build is no value to document. */
async function metrics() {
  const { metricTable } = await load('gateway', 'metrics/table');
  const { Counters } = await load('gateway', 'metrics/counters');
  const readings = { counters: new Counters(), version: '…' };
  const labels = ({ label, read }) =>
    label === undefined ? '' : `${code(label)}: ${Object.keys(read(readings)).join(', ')}`;
  const row = (metric) => [code(metric.name), metric.type, labels(metric), metric.help];
  return table(['Metric', 'Type', 'Labels', 'What it says'], metricTable, row);
}

/** What is limited, and the constant that says so. Those that no other file needs are private to theirs. */
const frameLimits = [
  ['Id of a user, session or group, in bytes of UTF-8', 'shared', 'channel', 'maxIdBytes'],
  ['`action`, in UTF-16 code units', 'shared', 'frame', 'maxActionLength'],
  ['Levels of arrays and objects in `details`', 'shared', 'frame', 'maxDepth'],
  ['Token, in characters', 'gateway', 'auth/token', 'maxLength'],
  ['Items in each of the claims `groups` and `join`', 'gateway', 'auth/claims', 'maxItems'],
  ['Frames before the welcome', 'gateway', 'tab/tab', 'maxEarlyFrames'],
  ['Malformed frames in a row; the last of them closes the connection', 'gateway', 'tab/tab', 'maxMalformed'],
];
const sendLimits = [
  ['Sends in one request', 'gateway', 'http/send', 'maxBatch'],
  ['Ids in each of `users` and `groups` of one send', 'shared', 'target', 'maxTargets'],
  ['`Idempotency-Key`, in characters', 'gateway', 'http/send', 'maxKeyLength'],
];

function limits(rows) {
  return table(['What', 'At most'], rows, ([what, workspace, file, name]) => {
    const text = readFileSync(compiled(workspace, file), 'utf8');
    const [, number] = new RegExp(`^(?:export )?const ${name} = (\\d+);`, 'm').exec(text) ?? [];
    if (number === undefined) throw new Error(`${workspace}/src/${file}.ts has no constant ${name}`);
    return [what, number];
  });
}

/** The members of an interface, with what their doc comments say. Throws when one has none. */
function members(workspace, file, name) {
  const text = readFileSync(compiled(workspace, file, 'd.ts'), 'utf8');
  const [, body] = new RegExp(`^export interface ${name} \\{\n(.*?)^\\}`, 'ms').exec(text) ?? [];
  if (body === undefined) throw new Error(`${workspace}/src/${file}.ts has no interface ${name}`);
  const documented = /^ {4}\/\*\*(.*?)\*\/\n {4}(?:readonly )?(\w+)\??: ([^\n]*);$/gms;
  const found = [...body.matchAll(documented)].map(([, comment, member, type]) => ({
    name: member,
    type,
    comment: comment.replace(/\s+(\* )?/g, ' ').trim(),
  }));
  if (found.length !== body.match(/^ {4}\w/gm)?.length)
    throw new Error(`not every member of ${name} has a doc comment and a type on one line`);
  return found;
}

function load(workspace, file) {
  return import(compiled(workspace, file).href);
}

function compiled(workspace, file, suffix = 'js') {
  return new URL(`${workspace}/dist/src/${file}.${suffix}`, root);
}

function table(header, items, row) {
  const lines = [header, header.map(() => '---'), ...items.map(row)];
  return lines
    .map((cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}

function code(text) {
  return `\`${text}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await rewrite();
