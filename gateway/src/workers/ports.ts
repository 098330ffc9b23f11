import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Address, CannotListen } from '../socket/cannot-listen.js';

/**
 * Where ports are chosen from. The system gives away those above to whoever asks for any port, or connects (Linux, unless its
 * `ip_local_port_range` was changed): one of them could be gone before a worker listens on it.
 */
const firstPort = 10_000;
const ports = 32_768 - firstPort;

/** How many ports have been passed over. Processes that choose at the same moment begin far from one another. */
let passed = process.pid * 1009;

/**
 * Makes sure that nobody else listens there, and chooses the port where it is 0. Workers cannot find out by themselves:
 * they share their ports in silence, with a gateway that somebody forgot, too.
 * @returns the port
 * @throws {CannotListen}
 */
export async function claimPort(address: Address): Promise<number> {
  if (address.port !== 0) {
    await listenForAMoment(address);
    return address.port;
  }
  for (let tries = 0; tries < ports; tries++) {
    const port = firstPort + (passed++ % ports);
    try {
      await listenForAMoment({ ...address, port });
      return port;
    } catch (error) {
      const { cause } = error as CannotListen;
      if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw new CannotListen(address, { cause });
    }
  }
  throw new CannotListen(address);
}

async function listenForAMoment(address: Address): Promise<void> {
  const server = createServer().listen({ host: address.host, port: address.port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new CannotListen(address, { cause });
  }
  server.close();
  await once(server, 'close');
}
