import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { closeCodes, systemActions } from '@tabcast/shared';
import { type CommandName, commands, knownFlags } from '../../src/cli/commands.js';
import { optionNames, variableName } from '../../src/config/options.js';
import { problems } from '../../src/http/problem.js';
import { metricTable } from '../../src/metrics/table.js';
import { type Document, documents, root, withoutForeignCommands } from '../support/documents.js';

const { loadTables, regenerate } = (await import(join(root, 'scripts/docs.mjs'))) as {
  loadTables(): Promise<Record<string, string>>;
  regenerate(text: string, tables: Record<string, string>): string;
};
const tables = await loadTables();

/** Names that documents may use, by how they look there: the first group of the pattern is the name. */
const names: readonly { what: string; pattern: RegExp; known: Iterable<string> }[] = [
  { what: 'variable', pattern: /\b(TABCAST_[A-Z_]+)/g, known: optionNames.map(variableName) },
  { what: 'flag', pattern: /(?<![\w-]|NODE_OPTIONS=)--([a-z][a-z-]*)/g, known: allFlags() },
  {
    what: 'metric',
    pattern: /\b(tabcast_[a-z_]+?)(?:_bucket|_sum|_count)?\b/g,
    known: metricTable.map(({ name }) => name),
  },
  { what: 'system action', pattern: /\b(sys\/(?:frame:error|[a-z]+))/g, known: Object.keys(systemActions) },
  {
    what: 'close code',
    pattern: /(?<!RFC |[\d.,#])\b(4\d{3})\b/g,
    // The others begin and end ranges.
    known: [...Object.keys(closeCodes), '4300', '4399', '4900', '4999'],
  },
  { what: 'problem', pattern: /urn:tabcast:problem:([a-z-]+)/g, known: Object.keys(problems) },
];

function allFlags(): string[] {
  const known = (Object.keys(commands) as CommandName[]).flatMap((name) => [...knownFlags(name)]);
  return [
    'version',
    ...known.flatMap(([flag, shape]) => (shape === 'switch' ? [flag, `no-${flag}`] : [flag])),
  ];
}

/** What a text names although it does not exist. */
function unknownNames(text: string): string[] {
  const ours = withoutForeignCommands(text);
  return names.flatMap(({ what, pattern, known }) => {
    const named = new Set([...(what === 'flag' ? ours : text).matchAll(pattern)].map(([, name]) => name!));
    for (const name of known) named.delete(name);
    return [...named].map((name) => `${what} ${name}`);
  });
}

/** Links within the repository that lead nowhere, and files of code that are named but not there. What begins with `/` is a URL. */
function brokenLinks({ path, text }: Document): string[] {
  const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => link!);
  const files = [...text.matchAll(/`([a-z-][a-z/-]*\.(?:ts|js|mjs))`/g)].map(([, file]) => file!);
  const isThere = (file: string) =>
    ['', 'gateway/src', 'client/dist'].some((folder) => existsSync(join(root, folder, file)));
  return [...links.filter((link) => !leadsSomewhere(path, link)), ...files.filter((file) => !isThere(file))];
}

function leadsSomewhere(from: string, link: string): boolean {
  const [path, anchor] = link.split('#', 2) as [string, string?];
  const target = join(root, path === '' ? from : join(dirname(from), path));
  return (
    existsSync(target) && (anchor === undefined || anchorsIn(readFileSync(target, 'utf8')).includes(anchor))
  );
}

/** The anchors that GitHub gives to headings. */
function anchorsIn(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '');
  const titles = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase());
  return titles.map((title) => title.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-'));
}

describe('docs', () => {
  for (const document of documents) {
    test(`${document.path}: the generated parts say what the code says (mended by: npm run docs)`, () => {
      assert.equal(document.text, regenerate(document.text, tables));
    });

    test(`${document.path}: everything that is named or linked to exists`, () => {
      assert.deepEqual(unknownNames(document.text), []);
      assert.deepEqual(brokenLinks(document), []);
    });
  }

  test('every table is in some document', () => {
    const all = documents.map(({ text }) => text).join();
    assert.deepEqual(
      Object.keys(tables).filter((name) => !all.includes(`<!-- generated:${name} -->`)),
      [],
    );
  });

  test('a part is filled from its table; one without table or end is an error', () => {
    const part = (name: string) => `a\n<!-- generated:${name} -->\nstale\n<!-- /generated -->\nb`;
    const fresh = 'a\n<!-- generated:x -->\n\nfresh\n\n<!-- /generated -->\nb';
    assert.equal(regenerate(part('x'), { x: 'fresh\n' }), fresh);
    assert.throws(() => regenerate(part('y'), { x: '' }), /no table "y"/);
    assert.throws(() => regenerate(`<!-- generated:x -->\n${part('x')}`, { x: '' }), /"x" has no end/);
    assert.throws(() => regenerate('<!-- generated:x -->', { x: '' }), /1 generated parts begin and 0 end/);
  });

  test('flags of other programs are their own, where they are in code and begin with the program', () => {
    const theirs = [
      '`kubectl apply --server-side -k k8s/base`',
      '```sh\ndocker compose up --detach --scale gateway=5\n```',
      '```\n$ sudo systemctl kill --signal=HUP tabcast\n```',
      '```sh\nsecret=$(openssl rand --base64 32)\ncurl \\\n  --fail http://x | promtool check --lint\n```',
      '`npm ci --omit=dev`',
      '`kubectl -n tabcast logs --previous <pod>`',
    ];
    for (const text of theirs) assert.deepEqual(unknownNames(text), [], text);
    const ours = [
      'docker compose up --detach',
      '`tabcast start --detach`',
      '`npm start -- --detach`',
      '`docker compose exec gateway tabcast nodes --detach`',
      '```sh\nkubectl get --watch pods\ntabcast nodes --detach\n```',
      '```sh\nkubectl get --watch pods | tabcast nodes --detach\n```',
    ];
    for (const text of ours) assert.deepEqual(unknownNames(text), ['flag detach'], text);
  });

  test('the checks themselves find what they are for', () => {
    const wrong =
      'TABCAST_REDIS --no-mode tabcast_tab tabcast_tabs_max sys/pong 4499 urn:tabcast:problem:none';
    assert.equal(unknownNames(wrong).length, wrong.split(' ').length);
    const right = 'TABCAST_MODE --mode --no-anonymous sys/join:error sys/frame:error 4001 RFC 4648 uWS#4711';
    assert.deepEqual(unknownNames(`${right} tabcast_delivery_seconds_bucket`), []);
    const good = '[](../LICENSE) [](api.md#post-v1send) [](https://example.com) `tab/tab.ts`';
    assert.deepEqual(brokenLinks({ path: 'docs/glossary.md', text: good }), []);
    const bad = '[](none.md) [](api.md#none) [](../docs) `tab/none.ts`';
    assert.deepEqual(brokenLinks({ path: 'docs/glossary.md', text: bad }), [
      'none.md',
      'api.md#none',
      'tab/none.ts',
    ]);
  });
});
