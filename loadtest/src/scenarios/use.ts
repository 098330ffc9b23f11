import type { ProcessUsage } from '../servers/target.js';

/** What server processes used up to an instant, and hold at it. */
export interface Use {
  /** ms of `performance.now()`. */
  readonly at: number;
  readonly processes: readonly ProcessUsage[];
}

type Resource = 'cpuMicros' | 'residentBytes' | 'cgroupBytes';

/** Asks the servers now. */
export async function useOf(target: { usage(): Promise<readonly ProcessUsage[]> }): Promise<Use> {
  const processes = await target.usage();
  return { at: performance.now(), processes };
}

/** What all processes of a role have of a resource together; NaN where there is none, or one does not tell. */
export function total(use: Use | undefined, role: ProcessUsage['role'], resource: Resource): number {
  const values =
    use?.processes.filter((one) => one.role === role).map((one) => one[resource] ?? Number.NaN) ?? [];
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0);
}

/** By how much that has grown. */
export function growth(
  from: Use | undefined,
  to: Use | undefined,
  role: ProcessUsage['role'],
  resource: Resource,
): number {
  return total(to, role, resource) - total(from, role, resource);
}

/** From one instant to a later one. */
export interface Span {
  readonly from: Use;
  readonly to: Use;
}

/** s; NaN where the span was cut short, as with all that follows. */
export function lengthOf(span: Span | undefined): number {
  return span === undefined ? Number.NaN : (span.to.at - span.from.at) / 1000;
}

/** CPU that all processes of a role used in a span, µs; NaN where nothing tells. */
export function cpuIn(span: Span | undefined, role: ProcessUsage['role']): number {
  return growth(span?.from, span?.to, role, 'cpuMicros');
}

/** The same as a share of one core, %: of two busy gateways 200. */
export function cpuPercent(span: Span | undefined, role: ProcessUsage['role']): number {
  return cpuIn(span, role) / lengthOf(span) / 10_000;
}

/** CPU in a span beyond what a calm one of the same length takes, µs: the price of what else was done. */
export function cpuBeyond(
  calm: Span | undefined,
  span: Span | undefined,
  role: ProcessUsage['role'],
): number {
  return cpuIn(span, role) - (cpuIn(calm, role) / lengthOf(calm)) * lengthOf(span);
}
