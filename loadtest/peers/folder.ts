import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the files of one start, gone when it is removed, or with us. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'tabcast-peer-'));
  readonly #atExit = () => rmSync(this.path, { recursive: true, force: true });

  constructor() {
    process.on('exit', this.#atExit);
  }

  /** Writes a file; returns its path. */
  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    process.off('exit', this.#atExit);
    this.#atExit();
  }
}
