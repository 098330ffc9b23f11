import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/**
 * The directions of the house, as the import lines show them; types count. Imports go to a lower rank, or stay within
 * one folder; carriers never import one another; a few things may be touched in one place only.
 */
const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** From the top down. Everything that begins with a prefix belongs to its rank; the longest prefix wins. */
type Ranks = readonly (readonly string[])[];

const ranksOfGateway: Ranks = [
  ['main'],
  ['cli/', 'index'],
  ['gateway', 'config/', 'workers/'],
  ['socket/'],
  ['http/', 'tab/'],
  ['cluster/', 'leaving/'],
  ['fanout/'],
  ['broker/memory/', 'broker/redis/', 'backend/', 'auth/', 'limits/'],
  ['broker/broker', 'broker/registry', 'broker/envelope', 'backend/backend'],
  ['auth/identity', 'log', 'complaints', 'metrics/'],
];

const ranksOfLoadtest: Ranks = [
  ['cli/'],
  ['compare/'],
  ['scenarios/', '../peers/', 'micro/'],
  ['servers/'],
  ['sending/', 'fleet/'],
  ['workers/', 'report/'],
  ['books/'],
];

const ranksOfDeploy: Ranks = [['cli/', 'generated'], ['rehearsal/'], ['dashboard/'], ['programs/', 'rules/']];

/** What may be imported or named in these places only. */
const reserved: readonly { what: string; pattern: RegExp; where: RegExp }[] = [
  {
    what: 'uWebSockets.js',
    pattern: /from 'uWebSockets\.js'|import\('uWebSockets\.js'\)/,
    where: /^socket\/uws\.ts$/,
  },
  { what: 'ioredis', pattern: /from 'ioredis'/, where: /^broker\/redis\// },
  { what: 'jose', pattern: /from 'jose'/, where: /^auth\// },
  { what: 'undici', pattern: /from 'undici'/, where: /^backend\/webhook\/transport\.ts$/ },
  { what: 'prom-client', pattern: /from 'prom-client'/, where: /^metrics\// },
  { what: 'process.env', pattern: /process\.env/, where: /^main\.ts$/ },
];

const maxFileLines = 300;
const maxFunctionLines = 60;

interface Source {
  /** Path from the workspace's src, for instance `tab/tab.ts`; what the load test compares with is beside it, in `../peers`. */
  readonly path: string;
  readonly text: string;
}

function sourcesOf(workspace: string): Source[] {
  const home = join(root, workspace, 'src');
  const folders = [home, join(root, workspace, 'peers')].filter((folder) => existsSync(folder));
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((path) => join(folder, String(path)))
      .filter((path) => path.endsWith('.ts'))
      .map((path) => ({ path: relative(home, path), text: readFileSync(path, 'utf8') })),
  );
}

function importsOf({ path, text }: Source): string[] {
  const specifiers = [...text.matchAll(/(?:from|import) ?\(?'(\.[^']+)'/g)].map((match) => match[1]!);
  return specifiers.map((specifier) =>
    relative('src', join('src', dirname(path), specifier)).replace(/\.js$/, '.ts'),
  );
}

function rankOf(path: string, ranks: Ranks): { rank: number; room: string } {
  const rooms = ranks.flatMap((prefixes, rank) => prefixes.map((prefix) => ({ rank, room: prefix })));
  const fitting = rooms.filter(({ room }) => path.startsWith(room) || path === `${room}.ts`);
  const [best] = fitting.sort((a, b) => b.room.length - a.room.length);
  assert.ok(best, `${path} has no rank: add its folder to layers.test.ts`);
  return best;
}

/** The imports that go up or sideways, as sentences. */
export function wrongDirections(sources: readonly Source[], ranks: Ranks): string[] {
  return sources.flatMap((source) =>
    importsOf(source)
      .filter((target) => {
        const [from, to] = [rankOf(source.path, ranks), rankOf(target, ranks)];
        return from.room !== to.room && from.rank >= to.rank;
      })
      .map((target) => `${source.path} imports ${target}`),
  );
}

/** Every ring of imports, as a path from a file back to itself. */
export function rings(sources: readonly Source[]): string[] {
  const graph = new Map(sources.map((source) => [source.path, importsOf(source)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (trail.includes(path) || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

/** Functions and methods that are too long, by the formatter's indentation: from the line that opens to its brace. */
export function longFunctions({ path, text }: Source): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const opening =
      /^(\s*)(?:export |async |static |function |get |readonly |const |#?\w+\()[^;]*(?:\{|=> \{)$/.exec(line);
    if (
      !opening ||
      /^\s*(?:if|for|while|switch|else|export (?:class|interface)|(?:export )?const \w+(?:: [^=]+)? = \{)/.test(
        line,
      )
    )
      return [];
    const end = lines.findIndex((other, index) => index > start && other.startsWith(`${opening[1]}}`));
    const length = end - start + 1;
    return length > maxFunctionLines ? [`${path}:${start + 1} is ${length} lines long`] : [];
  });
}

describe('layers', () => {
  test('imports of the gateway go down only', () => {
    assert.deepEqual(wrongDirections(sourcesOf('gateway'), ranksOfGateway), []);
  });

  test('imports of the load test go down only', () => {
    assert.deepEqual(wrongDirections(sourcesOf('loadtest'), ranksOfLoadtest), []);
  });

  test('imports of what runs beside the gateways go down only', () => {
    assert.deepEqual(wrongDirections(sourcesOf('deploy'), ranksOfDeploy), []);
  });

  for (const workspace of ['shared', 'gateway', 'client', 'loadtest', 'deploy'].filter((name) =>
    existsSync(join(root, name, 'src')),
  ))
    test(`${workspace}: no rings, no long files or functions`, () => {
      const sources = sourcesOf(workspace);
      assert.deepEqual(rings(sources), []);
      const long = sources
        .filter(({ text }) => text.split('\n').length - 1 > maxFileLines)
        .map(({ path }) => path);
      assert.deepEqual(long, [], `longer than ${maxFileLines} lines`);
      assert.deepEqual(sources.flatMap(longFunctions), []);
    });

  for (const { what, pattern, where } of reserved)
    test(`${what} is touched in its own place only`, () => {
      const touching = sourcesOf('gateway')
        .filter(({ text }) => pattern.test(text))
        .map(({ path }) => path);
      assert.ok(touching.length > 0, 'the pattern finds nothing at all any more');
      assert.deepEqual(
        touching.filter((path) => !where.test(path)),
        [],
      );
    });

  test('shared knows no other workspace, and the workspaces meet in shared only, but for the load test, which publishes as gateways do, and what runs beside gateways, which knows all', () => {
    const known: Record<string, string[]> = {
      shared: [],
      loadtest: ['shared', 'gateway'],
      deploy: ['shared', 'gateway', 'loadtest'],
    };
    for (const workspace of ['shared', 'gateway', 'client', 'loadtest', 'deploy'])
      for (const { path, text } of sourcesOf(workspace)) {
        const others = [...text.matchAll(/from '(@tabcast\/(\w+)[^']*)'/g)].map((match) => match[2]);
        const allowed = known[workspace] ?? ['shared'];
        assert.deepEqual(
          others.filter((other) => !allowed.includes(other!)),
          [],
          `${workspace}/src/${path}`,
        );
      }
  });

  test('the checks themselves find what they are for', () => {
    const up = { path: 'fanout/a.ts', text: "import type { X } from '../tab/tab.js';" };
    const sideways = { path: 'broker/redis/a.ts', text: "import { x } from '../memory/broker.js';" };
    assert.deepEqual(wrongDirections([up, sideways], ranksOfGateway), [
      'fanout/a.ts imports tab/tab.ts',
      'broker/redis/a.ts imports broker/memory/broker.ts',
    ]);
    const peer = { path: '../peers/a.ts', text: "import { x } from '../src/compare/x.js';" };
    const usesPeer = { path: 'servers/a.ts', text: "import { a } from '../../peers/a.js';" };
    assert.deepEqual(wrongDirections([peer, usesPeer], ranksOfLoadtest), [
      '../peers/a.ts imports compare/x.ts',
      'servers/a.ts imports ../peers/a.ts',
    ]);
    const ring = [
      { path: 'tab/a.ts', text: "import { b } from './b.js';" },
      { path: 'tab/b.ts', text: "import type { A } from './a.js';" },
    ];
    assert.deepEqual(rings(ring), ['tab/a.ts → tab/b.ts → tab/a.ts']);
    const long = { path: 'x.ts', text: `export function f() {\n${'  x;\n'.repeat(60)}}\n` };
    assert.deepEqual(longFunctions(long), ['x.ts:1 is 62 lines long']);
  });
});
