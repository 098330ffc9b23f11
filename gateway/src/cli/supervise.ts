import type { Config } from '../config/options.js';
import { createLog } from '../log.js';
import { claimPort } from '../workers/ports.js';
import { launch } from '../workers/process.js';
import { Supervisor } from '../workers/supervisor.js';
import type { Io } from './io.js';
import { onStopSignal } from './stop-signals.js';

/**
 * `tabcast start` with several workers: starts them and keeps them running, until SIGTERM or SIGINT. Resolves to the
 * exit code.
 * @param args the whole command line, for the workers to read once more
 * @throws {CannotListen}
 */
export async function supervise(config: Config, args: readonly string[], io: Io): Promise<number> {
  const publicPort = await claimPort({ host: config.publicHost, port: config.publicPort });
  const internalPort = await claimPort({ host: config.internalHost, port: config.internalPort });
  const supervisor = new Supervisor({
    workers: config.workers,
    commission: { args, config: { ...config, publicPort, internalPort } },
    launch,
    log: createLog(config.logLevel, { supervisor: process.pid }),
  });
  io.onSignal('SIGHUP', () => supervisor.signal('SIGHUP'));
  onStopSignal(io, (signal, count) => (count < 3 ? supervisor.signal(signal) : supervisor.kill()));
  return await supervisor.run();
}
