// `npm start`: installs and builds what is missing, then starts one gateway and the chat.
import { consoleAt, curl, firstPort, originsAt, startChat, startGateway } from './chat.mjs';
import { prepare } from './prepare.mjs';
import { needPorts } from './processes.mjs';

const port = firstPort();
const [apiPort, chatPort] = [port + 1, port + 2];

prepare();
await needPorts([port, apiPort, chatPort]);
await startGateway(port, chatPort);
await startChat(chatPort, { gatewayPort: port, apiPort });

const [home, other] = originsAt(chatPort);
console.log(`
  The chat is running, with one gateway behind it; for development only.

  1. Open it, in as many tabs as you like:

     ${home}/
     ${other}/ (somebody else, in the same browser)

  2. Send to all of them, as your application would:
${curl(apiPort)}
  3. Watch the gateway, in the console:
${consoleAt(apiPort)}
  Stop with Ctrl-C.
`);
