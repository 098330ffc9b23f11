// `node examples/chat/server.js`: the web server of the chat, configured by its environment. `npm start` runs it beside a
// gateway; that gateway needs handlers.js as its `handlers`, and the origins of the chat among its `origins`.
import { createChat } from './app.js';

const {
  CHAT_HOST: host = '127.0.0.1',
  CHAT_PORT: port = '8082',
  CHAT_ORIGINS: origins = `http://127.0.0.1:${port},http://localhost:${port}`,
  CHAT_GATEWAY: gateway = 'ws://127.0.0.1:8080/ws',
  CHAT_API: api = 'http://127.0.0.1:8081',
  CHAT_API_KEY: apiKey,
  CHAT_TOKEN_SECRET: tokenSecret,
  CHAT_TOKEN_LIFE: tokenLife = '300',
} = process.env;

if (!apiKey || !tokenSecret) fail('CHAT_API_KEY and CHAT_TOKEN_SECRET have to be those of the gateway');
const settings = {
  origins: origins.split(','),
  gateway,
  api,
  apiKey,
  tokenSecret,
  tokenLife: Number(tokenLife),
};
const server = createChat(settings);
server.on('error', ({ message }) => fail(message));
server.listen(Number(port), host, () => console.log(`The chat is at ${settings.origins[0]}/`));

for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    server.close();
    server.closeAllConnections();
  });

function fail(sentence) {
  console.error(`chat: ${sentence}`);
  process.exit(1);
}
