import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands } from '../../src/cli/commands.js';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** One document for people. */
export interface Document {
  /** Below the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** README, changelog and everything in docs. */
export const documents: readonly Document[] = ['README.md', 'CHANGELOG.md', ...markdownBelow('docs')].map(
  (path) => ({ path, text: readFileSync(join(root, path), 'utf8') }),
);

/** The document at a path. */
export function documentAt(path: string): Document {
  return documents.find((document) => document.path === path)!;
}

/** The fenced blocks of a language, for instance `json`. */
export function blocks({ text }: Document, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block]) => block!,
  );
}

/** The block of a document that contains a text. */
export function blockWith(document: Document, language: string, text: string): string {
  const block = blocks(document, language).find((candidate) => candidate.includes(text));
  if (block === undefined) throw new Error(`${document.path}: no ${language} block has ${text}`);
  return block;
}

/** Programs of others that documents call. */
const foreignPrograms = [
  ...['composer', 'curl', 'docker', 'docker-compose', 'git', 'haproxy', 'helm', 'journalctl', 'kubectl'],
  ...['kustomize', 'nginx', 'npm (?!start)', 'npx', 'openssl', 'php', 'prlimit', 'promtool', 'redis-cli'],
  ...['redis-server', 'ss', 'ssh', 'sysctl', 'systemctl', 'systemd-analyze', 'useradd'],
];

const begins = String.raw`(?<=^[ \t]*(?:\$ )?|[\`(]|[|;&] )(?:sudo )?(?:[A-Z_]+=\S* )*(?:${foreignPrograms.join('|')})\b`;
const goesOn = String.raw`(?:\\\n|[^\n\`|;&])*?`;
const ends = String.raw`(?=\stabcast (?:${Object.keys(commands).join('|')})\b|[\`|;&]|$)`;
/** Up to the end of the command, or to where it starts ours, as in `docker compose exec gateway tabcast nodes`. */
const foreignCommand = new RegExp(`${begins}${goesOn}${ends}`, 'gm');

/** A text without the commands of foreign programs in its code: fenced blocks, and what stands between backticks. */
export function withoutForeignCommands(text: string): string {
  return text.replace(/^```.*?^```|`[^`\n]+`/gms, (code) => code.replace(foreignCommand, ''));
}

function markdownBelow(folder: string): string[] {
  const paths = readdirSync(join(root, folder), { recursive: true }).map((path) => `${folder}/${path}`);
  return paths.filter((path) => path.endsWith('.md')).sort();
}
