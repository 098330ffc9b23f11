import type { NodesAnswer } from '../../src/http/nodes.js';
import type { GatewayProcess } from './gateway.js';
import { until } from './until.js';

/** What a gateway says of all. */
export async function nodesOf(gateway: GatewayProcess): Promise<NodesAnswer> {
  return (await (await gateway.api('/v1/nodes')).json()) as NodesAnswer;
}

/** Who is alive, as a gateway says. */
export async function aliveBy(gateway: GatewayProcess): Promise<string[]> {
  return (await nodesOf(gateway)).gateways.map(({ id }) => id);
}

/** Each of these gateways knows of so many, itself among them, and is not cut off. */
export async function knownAs(count: number, gateways: readonly GatewayProcess[]): Promise<void> {
  for (const gateway of gateways)
    await until(`${count} on its roster`, async () => {
      const { gateways: alive, degraded } = await nodesOf(gateway);
      return alive.length === count && !degraded;
    });
}
