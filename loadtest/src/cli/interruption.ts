/** As shells write the exit code of a program that SIGINT has ended. */
const killedByInterrupt = 130;

/** Aborted by the first Ctrl-C; the second ends the process. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(killedByInterrupt);
    controller.abort();
    console.error('\nending with what there is; Ctrl-C again ends at once');
  });
  return controller.signal;
}
