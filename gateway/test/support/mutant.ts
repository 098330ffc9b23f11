import { GatewayProcess } from './gateway.js';

/** How a cluster starts gateways that something else was made of. @param name of a module of mutants/ */
export function startMutant(name: string): (options: Record<string, string>) => Promise<GatewayProcess> {
  const mutant = new URL(`./mutants/${name}.js`, import.meta.url);
  return async (options) => {
    const gateway = GatewayProcess.launch(options, [], undefined, mutant);
    await gateway.listening();
    return gateway;
  };
}
