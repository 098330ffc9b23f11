import { blocks, documentAt } from './documents.js';

/** One recipe of docs/client.md: the blocks of code below its heading. */
export class Recipe {
  readonly #text: string;

  /** @param title of its heading */
  constructor(title: string) {
    const [, text] = documentAt('docs/client.md').text.split(`### ${title}\n`);
    if (text === undefined) throw new Error(`docs/client.md has no recipe "${title}"`);
    this.#text = text.split(/^##/m)[0]!;
  }

  /** The elements of the page; empty where it needs none. */
  get html(): string {
    return this.#blocks('html').join('\n');
  }

  get style(): string {
    return this.#blocks('css').join('\n');
  }

  /** The module of the page. */
  get page(): string {
    return this.#only('js', (block) => !isApplication(block));
  }

  /** The module that a gateway loads. */
  get application(): string {
    return this.#only('js', isApplication);
  }

  get php(): string {
    return this.#only('php');
  }

  get shell(): string {
    return this.#only('sh');
  }

  #only(language: string, fits: (block: string) => boolean = () => true): string {
    const [block, ...others] = this.#blocks(language).filter(fits);
    if (block === undefined || others.length > 0) throw new Error(`expected one such ${language} block`);
    return block;
  }

  #blocks(language: string): string[] {
    return blocks({ path: 'docs/client.md', text: this.#text }, language);
  }
}

function isApplication(block: string): boolean {
  return block.includes('export default');
}
