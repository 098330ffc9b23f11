import { TestTab } from './tab.js';

// A process of its own, to be stopped: `node stopped-tabs.js <url> <token> <count>`.

const [url, token, count] = process.argv.slice(2);
await Promise.all(Array.from({ length: Number(count) }, () => TestTab.open(url!, { token })));
console.log('ready');
