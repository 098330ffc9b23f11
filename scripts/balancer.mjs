// Stands in for the load balancers of a cluster, on this machine only. Gateways are taken in turn, and where one does not
// answer the next.
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';

/**
 * Passes WebSockets on; `?gateway=<number>` chooses one, counted from 1, while it lives.
 * @param ports public ports of gateways
 * @returns a server that is yet to listen
 */
export function createBalancer(ports) {
  const nextOrder = takeTurns(ports);
  const balancer = createServer((_request, response) => response.writeHead(426).end());
  balancer.on('upgrade', (request, socket, head) => {
    const wanted = ports[Number(new URLSearchParams(request.url.split('?')[1]).get('gateway')) - 1];
    const order = nextOrder();
    pass(socket, [textOf(request), head], wanted === undefined ? order : [wanted, ...order]);
  });
  return balancer;
}

/** The same for requests to the internal ports. */
export function createApiBalancer(ports) {
  const nextOrder = takeTurns(ports);
  return createTcpServer((socket) => pass(socket, [], nextOrder()));
}

/** Joins a socket, of which these beginnings were read already, with the first of the ports that answers. */
function pass(socket, beginnings, [port, ...others]) {
  if (port === undefined) return socket.destroy();
  const gateway = connect(port, '127.0.0.1');
  const next = () => pass(socket, beginnings, others);
  gateway.once('error', next);
  gateway.once('connect', () => {
    gateway.off('error', next);
    for (const beginning of beginnings) gateway.write(beginning);
    socket.pipe(gateway).pipe(socket);
    // However one of them ends, the other does too.
    for (const [one, other] of [
      [socket, gateway],
      [gateway, socket],
    ])
      one.on('error', () => {}).on('close', () => other.destroy());
  });
}

function takeTurns(ports) {
  let turn = 0;
  return () => {
    const first = turn++ % ports.length;
    return [...ports.slice(first), ...ports.slice(0, first)];
  };
}

/** A request as it came. */
function textOf({ method, url, rawHeaders }) {
  const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `\r\n${text}: ` : text)).join('');
  return `${method} ${url} HTTP/1.1${headers}\r\n\r\n`;
}
