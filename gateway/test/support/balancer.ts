import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A port that leads each connection to the first of these ports of 127.0.0.1 that takes it, as a load balancer with a
 * preference does. It keeps no process alive, so need not be closed.
 */
export async function balance(ports: readonly number[]): Promise<number> {
  const server = createServer(async (client) => {
    client.on('error', () => {});
    const gateway = await firstThatTakes(ports);
    if (gateway === undefined) client.destroy();
    else join(client, gateway);
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function firstThatTakes(ports: readonly number[]): Promise<Socket | undefined> {
  for (const port of ports) {
    const socket = connect(port, '127.0.0.1');
    const taken = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    if (taken) return socket;
  }
  return undefined;
}

function join(client: Socket, gateway: Socket): void {
  client.pipe(gateway).pipe(client);
  gateway.on('error', () => {});
  gateway.on('close', () => client.destroy());
  client.on('close', () => gateway.destroy());
}
