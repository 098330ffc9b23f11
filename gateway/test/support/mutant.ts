import { GatewayProcess } from './gateway.js';

/** A way in which a gateway can be crippled: the name of a module in mutants/. */
export type Mutant = 'backless' | 'deaf-to-gaps' | 'fenceless' | 'leaky' | 'probeless' | 'sweepless';

/** How a cluster starts gateways that lack something; without mutants, healthy ones. */
export function startMutant(
  ...mutants: readonly Mutant[]
): (options: Record<string, string>) => Promise<GatewayProcess> {
  const preloads = mutants.map((name) => new URL(`./mutants/${name}.js`, import.meta.url));
  return async (options) => {
    const gateway = GatewayProcess.launch(options, [], undefined, preloads);
    await gateway.listening();
    return gateway;
  };
}
