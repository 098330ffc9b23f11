/** Descriptors that no tab gets: for connections that are refused, for Redis, for the internal port, for files. */
const reserved = 512;

/** Of these, what is left when the public port takes no more connections at all. */
const lastReserve = 128;

/** How many connections a gateway may hold. */
export interface Capacity {
  /** Tabs; handshakes beyond are refused with a sentence. */
  readonly tabs: number;
  /** Connections of any kind to the public port; beyond, it is closed. */
  readonly connections: number;
}

/**
 * The capacity that the limit of open files leaves.
 * @param maxTabs as configured; 0: as many as possible
 * @param openFiles the soft limit of this process; Infinity where there is none, or none is known
 * @throws {Error} with a sentence, when the limit is too low
 */
export function capacityFor(maxTabs: number, openFiles: number): Capacity {
  const possible = openFiles - reserved;
  if (possible < 1 || maxTabs > possible)
    throw new Error(
      `max-tabs: ${maxTabs === 0 ? 'even one tab needs' : `${maxTabs} tabs need`} ${Math.max(maxTabs, 1) + reserved} open files, ` +
        `and this process may have ${openFiles}; raise the limit before the start (ulimit -n, LimitNOFILE= of systemd)`,
    );
  return { tabs: maxTabs === 0 ? possible : maxTabs, connections: openFiles - lastReserve };
}

/**
 * The soft limit of open files, from the text of /proc/self/limits (proc_pid_limits(5)); Infinity when it does not say.
 */
export function softOpenFiles(limits: string): number {
  const [, soft] = /^Max open files +(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
