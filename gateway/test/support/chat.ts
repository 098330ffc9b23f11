import { once } from 'node:events';
import type { Server } from 'node:http';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { freePort } from './free-port.js';
import { apiKey, secret } from './gateway.js';

const example = fileURLToPath(new URL('../../../../examples/chat/', import.meta.url));

/** The option of a gateway that is to work for the chat. */
export const chatHandlers = { HANDLERS: `${example}handlers.js` };

/** What examples/chat/app.js exports, as far as tests need it. */
interface ChatApp {
  createChat(settings: {
    origins: readonly string[];
    gateway: string;
    api: string;
    apiKey: string;
    tokenSecret: string;
    tokenLife?: number;
  }): Server;
}

/** Where a chat will be served: gateways have to know before they start. */
export async function chatOrigin(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

/**
 * Serves examples/chat at an origin that is still free. It keeps no process alive, so need not be closed.
 * @param gateway where its pages connect to, and where it revokes
 * @param tokenLife how long its tokens are good for, in s
 */
export async function serveChat(
  origin: string,
  gateway: { readonly socketUrl: string; readonly internalPort: number },
  tokenLife = 300,
): Promise<void> {
  const { createChat } = (await import(pathToFileURL(`${example}app.js`).href)) as ChatApp;
  const server = createChat({
    origins: [origin],
    gateway: gateway.socketUrl,
    api: `http://127.0.0.1:${gateway.internalPort}`,
    apiKey,
    tokenSecret: secret,
    tokenLife,
  });
  server.listen(Number(new URL(origin).port), '127.0.0.1').unref();
  await once(server, 'listening');
}
