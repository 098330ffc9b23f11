import { type Address, CannotListen } from './cannot-listen.js';
import { type TemplatedApp, uws } from './uws.js';

/** A socket that takes connections. */
export interface ListenSocket {
  readonly port: number;
  /** Takes no new connections and keeps those that are there. Idempotent. */
  stopAccepting(): void;
}

/** A port that is being listened on. */
export interface Listening extends ListenSocket {
  /** Takes no new connections and closes those that are there. */
  close(): void;
}

/**
 * Listens, and gives the connections to an app.
 * @throws {CannotListen}
 */
export function listenOn(app: TemplatedApp, address: Address): ListenSocket {
  const { host, port, shared = false } = address;
  // Missing from the type definitions. It calls back before it returns.
  const untyped = app as unknown as { listen(...args: unknown[]): void };
  let socket: unknown;
  // 0, the default, is SO_REUSEPORT: any other process would share the port in silence (U22).
  untyped.listen(host, port, shared ? 0 : uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (opened: unknown) => {
    socket = opened;
  });
  if (!socket) throw new CannotListen(address);
  let accepting = true;
  return {
    port: uws.us_socket_local_port(socket as never),
    stopAccepting() {
      if (accepting) uws.us_listen_socket_close(socket as never);
      accepting = false;
    },
  };
}
