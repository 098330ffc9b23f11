import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the SDK is built to. */
const bundles = fileURLToPath(new URL('../../../../client/dist/', import.meta.url));

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/**
 * Serves pages from a port of its own, and thus under an origin of its own. `/client/tabcast.js` and so on are the
 * bundles of the SDK. It keeps no process alive, so need not be closed.
 * @param files text by path, for instance `{ '/': '<!doctype html>…', '/page.js': '…' }`; what has no extension is HTML
 * @param headers for every answer
 */
export async function servePages(
  files: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<PageServer> {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const content = files[pathname] ?? (await bundle(pathname));
    // Chromium asks for an icon, and would complain on the console if there were none.
    if (content === undefined) response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    else
      response
        .writeHead(200, { 'content-type': types[extname(pathname)] ?? types['.html'], ...headers })
        .end(content);
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return new PageServer(server);
}

/** Pages under an origin of their own. */
export class PageServer {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** As a browser sends it, for instance `http://127.0.0.1:40123`. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends it, with its connections. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function bundle(pathname: string): Promise<Buffer | undefined> {
  const [, name] = /^\/client\/([\w.-]+)$/.exec(pathname) ?? [];
  return name === undefined ? undefined : readFile(bundles + name).catch(() => undefined);
}
