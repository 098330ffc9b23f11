import { connect, type Socket } from 'node:net';
import { type HttpResponse, uws } from './uws.js';

/**
 * A response of our own that is never answered, there to be corked in place of another one.
 *
 * uWebSockets wants every answer to be written within a cork, and warns on standard error at each that is not. But a
 * cork around an upgrade that was awaited may close the new WebSocket at once: it goes on to read the response, whose
 * memory is the WebSocket's by then. https://github.com/uNetworking/uWebSockets/pull/1929 mends that in v20.79.0; seen
 * here with v20.50 in one connection of some thousands, and nearly always in the first. Corking a bystander satisfies
 * the one without the other. With a build of v20.79.0 or later this file can go, and `res.cork` take its place.
 */
export class Bystander {
  readonly #response: HttpResponse;
  readonly #client: Socket;

  private constructor(response: HttpResponse, client: Socket) {
    this.#response = response;
    this.#client = client;
  }

  /** Sends a request to this very process, over loopback and a port that is open for this one connection only. */
  static open(): Promise<Bystander> {
    return new Promise((resolve, reject) => {
      const app = uws.App();
      app.listen('127.0.0.1', 0, (listening) => {
        if (!listening) return reject(new Error('no free port on 127.0.0.1'));
        const client = connect(uws.us_socket_local_port(listening as never), '127.0.0.1');
        client.unref().once('error', reject);
        client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
        app.get('/', (response) => {
          // uWebSockets ends the process when a request is neither answered nor watched.
          response.onAborted(() => {});
          uws.us_listen_socket_close(listening);
          resolve(new Bystander(response, client));
        });
      });
    });
  }

  /** Calls `write`, which may write to any other response, and returns when it has. */
  cork(write: () => void): void {
    this.#response.cork(write);
  }

  close(): void {
    this.#client.destroy();
  }
}
