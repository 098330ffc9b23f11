import { cpSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';

interface Rule {
  readonly pattern: RegExp;
  /** As it stands in the file, without `!`. */
  readonly text: string;
  readonly admits: boolean;
}

/**
 * What a .dockerignore keeps out of a build, by Docker's rules: patterns from the root of the context, each of which holds for
 * everything below what it matches; `**` is any number of folders; the last pattern that matches decides, and `!` admits.
 */
export class DockerIgnore {
  readonly #rules: readonly Rule[];

  /** @param text of the file */
  constructor(text: string) {
    const lines = text.split('\n').map((line) => line.trim());
    this.#rules = lines.filter((line) => line !== '' && !line.startsWith('#')).map(ruleOf);
  }

  /** Whether a build sees this path, said from the root. */
  admits(path: string): boolean {
    return this.#rules.reduce(
      (admitted, { pattern, admits }) => (pattern.test(path) ? admits : admitted),
      true,
    );
  }

  /** Copies what a build sees. */
  copy(root: string, to: string): void {
    for (const path of this.#filesIn(root))
      cpSync(join(root, path), join(to, path), { preserveTimestamps: true });
  }

  #filesIn(root: string, folder = ''): string[] {
    return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (!entry.isDirectory()) return this.admits(path) ? [path] : [];
      return this.#mayAdmitIn(path) ? this.#filesIn(root, path) : [];
    });
  }

  #mayAdmitIn(folder: string): boolean {
    return (
      this.admits(folder) || this.#rules.some((rule) => rule.admits && rule.text.startsWith(`${folder}/`))
    );
  }
}

function ruleOf(line: string): Rule {
  const admits = line.startsWith('!');
  const text = posix.normalize(line.slice(admits ? 1 : 0).trim()).replace(/^\/|\/$/g, '');
  return { text, admits, pattern: new RegExp(`^${expressionOf(text)}(/.*)?$`) };
}

function expressionOf(text: string): string {
  return text.replace(/\*\*\/?|\*|\?|[.+^${}()|]/g, (token) => wildcards[token] ?? `\\${token}`);
}

const wildcards: Readonly<Record<string, string>> = {
  '**/': '(.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
};
