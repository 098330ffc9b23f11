import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Address, CannotListen } from '../socket/cannot-listen.js';

/**
 * Makes sure that nobody else listens there, and chooses the port where it is 0. Workers cannot find out by themselves:
 * they share their ports in silence, with a gateway that somebody forgot, too.
 * @returns the port
 * @throws {CannotListen}
 */
export async function claimPort(address: Address): Promise<number> {
  const server = createServer().listen({ host: address.host, port: address.port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new CannotListen(address, { cause });
  }
  const bound = server.address();
  server.close();
  await once(server, 'close');
  return typeof bound === 'object' && bound !== null ? bound.port : address.port;
}
