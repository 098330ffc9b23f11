// The web application of the chat: serves its page, lets people log in by name, and signs their tokens. It sees no message:
// these go from page to gateway, where handlers.js takes them.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { listFiles, securityHeaders, serveFile } from './files.js';
import { checkName, everyone, groupOf } from './page/rules.js';
import { signToken } from './token.js';

const cookie = 'chat_session';

/** One more, and the oldest session ends. */
const maxSessions = 10_000;

/** Longest body of a request, in characters. */
const maxBody = 1000;

/** Why a request is not carried out, for the person who made it. */
class Refusal extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/**
 * The web server of the chat, not listening yet.
 * @param origins where its page may be opened, as browsers say it: `['http://127.0.0.1:8082']`
 * @param gateway where the page connects to: `ws://127.0.0.1:8080/ws`
 * @param api internal port of any gateway: `http://127.0.0.1:8081`
 * @param apiKey one of the gateways' `api-keys`
 * @param tokenSecret one of the gateways' `token-secrets`
 * @param tokenLife how long a token is good for, in s; pages fetch the next one in time
 */
export function createChat({ origins, gateway, api, apiKey, tokenSecret, tokenLife = 300 }) {
  const files = listFiles();
  const everyAnswer = securityHeaders(gateway);
  const hosts = origins.map((origin) => new URL(origin).host);
  const attributes = `Path=/; HttpOnly; SameSite=Strict${origins[0].startsWith('https:') ? '; Secure' : ''}`;
  /** Who is logged in, by the secret in the cookie. */
  const sessions = new Map();

  const routes = {
    'GET /session': (session) => json({ user: session?.user ?? null, gateway }),
    'GET /token': (session) => {
      if (session === undefined) throw new Refusal(401, 'Log in first');
      const claims = { sub: session.user, sid: session.id, groups: [everyone], join: [groupOf('*')] };
      return json({ user: session.user, token: signToken(claims, tokenSecret, tokenLife) });
    },
    'POST /login': async (session, request) => {
      const { name } = await readJson(request);
      const user = typeof name === 'string' ? name.trim().normalize() : name;
      const wrong = checkName(user);
      if (wrong !== undefined) throw new Refusal(400, `Expected ${wrong}`);
      const secret = randomBytes(32).toString('base64url');
      // The page can read its token, so the id of the session is not the secret in the cookie.
      sessions.set(secret, { user, secret, id: randomBytes(12).toString('base64url') });
      if (sessions.size > maxSessions) sessions.delete(sessions.keys().next().value);
      return json({ user }, `${cookie}=${secret}; ${attributes}`);
    },
    'POST /logout': async (session) => {
      await end(session);
      return json({ user: null }, `${cookie}=; ${attributes}; Max-Age=0`);
    },
  };

  /** Ends a login: its tokens are taken back, so that all its tabs close, on whichever gateways they are. */
  async function end(session) {
    if (session === undefined) return;
    sessions.delete(session.secret);
    const headers = { authorization: `Bearer ${apiKey}` };
    const body = JSON.stringify({ user: session.user, session: session.id });
    const answer = await fetch(`${api}/v1/revoke`, { method: 'POST', headers, body }).catch((error) => error);
    // The login has ended all the same: no page of it gets another token, and those that it has do not last long.
    if (!answer.ok) console.error('The gateways did not revoke the tokens of a login:', answer);
  }

  async function answer(request) {
    const { host, origin, cookie: cookies = '' } = request.headers;
    // A page of another site may reach us by a name of its own (DNS rebinding), or post a form to us.
    if (!hosts.includes(host)) throw new Refusal(421, `This chat lives at ${origins[0]}`);
    if (request.method === 'POST' && !origins.includes(origin))
      throw new Refusal(403, 'Only the page of the chat may do this');
    const [path] = request.url.split('?');
    const route = routes[`${request.method} ${path}`];
    const secret = new RegExp(`\\b${cookie}=([\\w-]+)`).exec(cookies)?.[1];
    if (route !== undefined) return route(sessions.get(secret), request);
    if (request.method !== 'GET' || !files.has(path)) throw new Refusal(404, 'There is nothing here');
    return serveFile(files.get(path));
  }

  return createServer(async (request, response) => {
    const { status, headers, body } = await answer(request).catch(refuse);
    const length = { 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...everyAnswer, ...headers, ...length }).end(body);
  });
}

function json(value, setCookie) {
  const headers = { 'content-type': 'application/json', ...(setCookie && { 'set-cookie': setCookie }) };
  return { status: 200, headers, body: JSON.stringify(value) };
}

function refuse(error) {
  if (!(error instanceof Refusal)) console.error(error);
  const [status, sentence] =
    error instanceof Refusal ? [error.status, error.message] : [500, 'The chat failed'];
  return { ...json({ error: sentence }), status };
}

async function readJson(request) {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > maxBody) throw new Refusal(413, `Expected at most ${maxBody} characters`);
  }
  try {
    return Object(JSON.parse(body));
  } catch {
    throw new Refusal(400, 'Expected JSON');
  }
}
