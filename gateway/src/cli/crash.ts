import type { Logger } from '../log.js';

/** How long a crashing gateway may take to close, in ms. */
const patience = 2000;

/**
 * Ends the process with 1 after an error that nobody caught, of a promise too: what it left half done, nobody knows. The
 * tabs are closed, so that their clients come back elsewhere at once instead of finding out.
 */
export function endAtCrash(close: () => Promise<void>, log: Logger): void {
  const end = () => process.exit(1);
  process.once('uncaughtException', (error) => {
    log.fatal({ err: error }, 'crashed');
    process.exitCode = 1;
    process.on('uncaughtException', end);
    setTimeout(end, patience);
    void close().finally(end);
  });
}
