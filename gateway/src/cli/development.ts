import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { checkId } from '@tabcast/shared';
import { signToken } from '../auth/sign.js';
import { json, text } from '../http/answer.js';
import { problem } from '../http/problem.js';
import type { Route } from '../http/routes.js';

/** User of the page when it is opened without `?user=`. */
const demoUser = 'demo';

/** How long tokens of development mode last, in seconds. */
const tokenLife = 12 * 3600;

const page = new URL('../../../pages/development.html', import.meta.url);

/** A key that nobody has to think up: 32 random bytes as text. */
export function madeUpKey(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Pages of the public port in development mode: `/` is a tab that shows what it receives, `/token` gives it a token
 * for any user that it names. Development mode listens on loopback only; the host is checked as well, because a page
 * of any site could otherwise reach us by a name that resolves to 127.0.0.1.
 */
export function developmentPages(secret: string): Route[] {
  const html = readFileSync(page, 'utf8');
  return [
    {
      method: 'GET',
      path: '/',
      sentence: 'A page that is a tab.',
      guarded: false,
      answer: () => text(200, html, 'text/html; charset=utf-8'),
    },
    {
      method: 'GET',
      path: '/token',
      sentence: 'A token for the user named by `?user=`.',
      guarded: false,
      answer: async ({ query, header }) => {
        if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(header('host') ?? ''))
          return problem('not-found');
        const user = new URLSearchParams(query).get('user') || demoUser;
        const wrong = checkId(user);
        if (wrong !== undefined) return problem('invalid-field', { field: 'user', expected: wrong });
        return json(200, { user, token: await developmentToken(secret, user) });
      },
    },
  ];
}

function developmentToken(secret: string, user: string): Promise<string> {
  return signToken(secret, { user, join: ['*'], expiresIn: tokenLife });
}

/** What to open and what to paste, for the terminal. */
export async function developmentHelp(
  ports: { public: number; internal: number },
  secret: string,
  apiKey: string,
): Promise<string> {
  const home = `http://127.0.0.1:${ports.public}/`;
  return `
  tabcast is running, for development only.

  1. Open a tab, or several:

     ${home}
     ${home}?user=alice

  2. Send to every tab of the user ${demoUser}:

     curl http://127.0.0.1:${ports.internal}/v1/send \\
       -H 'Authorization: Bearer ${apiKey}' \\
       -d '{"to": {"user": "${demoUser}"}, "action": "hello", "details": ["from curl"]}'

  A token for a client of your own (ws://127.0.0.1:${ports.public}/ws, user ${demoUser}):

     ${await developmentToken(secret, demoUser)}

  Stop with Ctrl-C.
`;
}
