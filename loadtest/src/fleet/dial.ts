import { connect, isIP, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { remembering } from './names.js';
import type { Address } from './plan.js';

const lookup = remembering();

/**
 * One memory for the reads of all sockets: the parser is done with it before the callback returns. A Node stream would
 * allocate a buffer per read, and the receiver would be what the test measures.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** An address, and where to come from. */
export interface Route extends Address {
  /** Source address, one of 127.0.0.0/8; each has ports of its own. */
  readonly localAddress?: string;
}

/** Who uses a route. */
export interface RouteUser {
  /** It is there, with TLS where that was asked for. */
  connected(): void;
  /** What arrives; the bytes are the caller's only during the call. */
  read(bytes: Uint8Array, length: number): void;
}

/** Opens a socket, with TLS where the address says so. Who calls it listens to `error` and `close`. */
export function dial(route: Route, user: RouteUser): Socket {
  return route.secure === true ? dialSecurely(route, user) : dialPlainly(route, user);
}

function dialPlainly({ host, port, localAddress }: Route, user: RouteUser): Socket {
  const read = (length: number, bytes: Uint8Array) => {
    user.read(bytes, length);
    return true;
  };
  const from = localAddress === undefined ? {} : { localAddress };
  const socket = connect({
    host,
    port,
    lookup,
    noDelay: true,
    ...from,
    onread: { buffer: readBuffer, callback: read },
  });
  return socket.on('connect', () => user.connected());
}

/** TLS knows no `onread`: each read is a buffer of its own, and costs what that costs. */
function dialSecurely({ host, port, insecure = false, localAddress }: Route, user: RouteUser): Socket {
  const socket = connectSecurely({
    host,
    port,
    lookup,
    rejectUnauthorized: !insecure,
    // RFC 6066 §3: the name of a server is never an address.
    ...(isIP(host) === 0 && { servername: host }),
    ...(localAddress !== undefined && { localAddress }),
  });
  socket.on('data', (bytes: Buffer) => user.read(bytes, bytes.length));
  return socket.setNoDelay().on('secureConnect', () => user.connected());
}
