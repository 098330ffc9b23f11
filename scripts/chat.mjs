// What `npm start` and `npm run cluster` have in common: gateways for development with the application of the chat, and
// its web server.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { fail } from './prepare.mjs';
import { launch } from './processes.mjs';

const key = () => randomBytes(32).toString('base64url');

/** Made on the spot, and ended with the processes. */
const [tokenSecret, apiKey] = [key(), key()];

/** `--port`: the first of the ports that are taken; 8080 unless said otherwise. */
export function firstPort() {
  try {
    const { port } = parseArgs({ options: { port: { type: 'string', default: '8080' } } }).values;
    if (/^\d{4,5}$/.test(port) && Number(port) <= 65_000) return Number(port);
    fail(`--port: expected a number from 1000 to 65000, got ${port}`);
  } catch ({ message }) {
    fail(message);
  }
}

/** Where the page may be opened. Cookies are kept apart, so that one browser can be two people. */
export const originsAt = (port) => [`http://127.0.0.1:${port}`, `http://localhost:${port}`];

/** Starts a gateway that admits the pages of the chat, and no others. @param redisUrl where there are several of them */
export function startGateway(port, chatPort, redisUrl = '') {
  const ports = ['--public-port', String(port), '--internal-port', String(port + 1)];
  const command = ['gateway/bin/tabcast.js', 'start', '--mode', 'development', ...ports];
  const environment = {
    TABCAST_TOKEN_SECRETS: tokenSecret,
    TABCAST_API_KEYS: apiKey,
    TABCAST_ORIGINS: originsAt(chatPort).join(),
    TABCAST_REDIS_URL: redisUrl,
  };
  const args = [...command, '--handlers', 'examples/chat/handlers.js'];
  return launch(process.execPath, args, { environment, mayEnd: redisUrl !== '' });
}

/** Starts the web server of the chat. */
export function startChat(port, { gatewayPort, apiPort }) {
  const environment = {
    CHAT_PORT: String(port),
    CHAT_ORIGINS: originsAt(port).join(),
    CHAT_GATEWAY: `ws://127.0.0.1:${gatewayPort}/ws`,
    CHAT_API: `http://127.0.0.1:${apiPort}`,
    CHAT_API_KEY: apiKey,
    CHAT_TOKEN_SECRET: tokenSecret,
  };
  return launch(process.execPath, ['examples/chat/server.js'], { environment });
}

/** Where the gateways can be watched. */
export function consoleAt(apiPort) {
  return `
     http://127.0.0.1:${apiPort}/console/
     API key: ${apiKey}
`;
}

/** What to paste for a message to everybody. */
export function curl(apiPort) {
  return `
     curl http://127.0.0.1:${apiPort}/v1/send \\
       -H 'Authorization: Bearer ${apiKey}' \\
       -d '{"to": {"all": true}, "action": "chat/everyone", "details": [{"from": "curl", "text": "Hello"}]}'
`;
}
