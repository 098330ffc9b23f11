import { type ExecFileException, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** How a process ended, and what it wrote. */
export interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** Runs `tabcast` as its own process, with nothing in its environment but these variables. */
export function tabcast(args: string[], environment: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const ended = (error: ExecFileException | null, out: string, err: string) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    execFile(process.execPath, [main, ...args], { env: environment }, ended);
  });
}
