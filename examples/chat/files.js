import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

const types = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

const page = new URL('page/', import.meta.url);
const sdk = new URL('../../client/dist/', import.meta.url);

/**
 * What the chat serves, by path. The list is made once, and a request can only choose from it; there is no path to climb out
 * of. The SDK comes from here too, because a SharedWorker has to be of the page's own origin.
 */
export function listFiles() {
  const files = new Map(readdirSync(page).map((name) => [`/${name}`, new URL(name, page)]));
  files.set('/', files.get('/index.html'));
  for (const name of ['tabcast.js', 'worker.js']) files.set(`/${name}`, new URL(name, sdk));
  return files;
}

/** An answer with a file as it is now, so that a change shows on reload. */
export async function serveFile(file) {
  const type = `${types[extname(file.pathname)]}; charset=utf-8`;
  return { status: 200, headers: { 'content-type': type }, body: await readFile(file) };
}

/** For every answer: the page runs its own files only, and connects nowhere but here and to the gateways. */
export function securityHeaders(gateway) {
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'worker-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': `'self' ${new URL(gateway).origin}`,
    'form-action': "'self'",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
  };
  return {
    'content-security-policy': Object.entries(policy)
      .map((directive) => directive.join(' '))
      .join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-cache',
  };
}
