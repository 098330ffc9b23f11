import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Answer, ApiRequest } from './answer.js';
import type { Route } from './routes.js';

/** The files of the page, and beside them its charting library, as its package has it. */
const folder = new URL('../../../console/', import.meta.url);
const borrowed = { 'uplot.js': 'uplot/dist/uPlot.esm.js', 'uplot.css': 'uplot/dist/uPlot.min.css' };

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

/** The page loads from this very port only, runs no script but its own files, and shows in no frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // Asked for anew each time, so that a page never runs with the scripts of another version.
  'cache-control': 'no-cache',
};

/**
 * The operator's page at `/console/`: a fixed list of files, read once. They are the same for everybody and know no
 * secret; what the page shows, it asks the API for, with the key that is typed into it.
 */
export function consoleRoutes(): Route[] {
  return [
    // Where the scripts are is said relative to the page, so that a proxy may put a prefix in front.
    page('/console', () => ({ status: 308, headers: { ...headers, location: 'console/' } })),
    ...filesOfPage().map(([name, url]) =>
      page(`/console/${name === 'index.html' ? '' : name}`, answerWith(name, readFileSync(url, 'utf8'))),
    ),
  ];
}

function filesOfPage(): [name: string, url: URL][] {
  const own = readdirSync(folder).filter((name) => /\.(html|css|js)$/.test(name));
  return [
    ...own.map((name): [string, URL] => [name, new URL(name, folder)]),
    ...Object.entries(borrowed).map(([name, path]): [string, URL] => [
      name,
      new URL(import.meta.resolve(path)),
    ]),
  ];
}

function page(path: string, answer: Route['answer']): Route {
  return { method: 'GET', path, sentence: 'A file of the console.', guarded: false, answer };
}

function answerWith(name: string, body: string): (request: ApiRequest) => Answer {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const contentType = contentTypes[name.slice(name.lastIndexOf('.') + 1)]!;
  const described = { ...headers, etag, 'content-type': contentType };
  return ({ header }) => {
    const known = header('if-none-match')?.split(/,\s*/).includes(etag);
    return { status: known ? 304 : 200, headers: described, body };
  };
}
