// The web application of the chat: serves its page, lets people log in by name, and signs their tokens. It sees no message:
// these go from page to gateway, where handlers.js takes them.
import { createServer } from 'node:http';
import { listFiles, securityHeaders, serveFile } from './files.js';
import { checkName, everyone, groupOf } from './page/rules.js';
import { Sessions } from './sessions.js';
import { signToken } from './token.js';

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
export function createChat(settings) {
  const { origins, gateway } = settings;
  const sessions = new Sessions(origins[0]);
  const routes = createRoutes(settings, sessions);
  const files = listFiles();
  const everyAnswer = securityHeaders(gateway);
  const hosts = origins.map((origin) => new URL(origin).host);

  async function answer(request) {
    const { host, origin, cookie } = request.headers;
    // A page of another site may reach us by a name of its own (DNS rebinding), or post a form to us.
    if (!hosts.includes(host)) throw new Refusal(421, `This chat lives at ${origins[0]}`);
    if (request.method === 'POST' && !origins.includes(origin))
      throw new Refusal(403, 'Only the page of the chat may do this');
    const [path] = request.url.split('?');
    const route = routes[`${request.method} ${path}`];
    if (route !== undefined) return route(sessions.of(cookie), request);
    if (request.method !== 'GET' || !files.has(path)) throw new Refusal(404, 'There is nothing here');
    return serveFile(files.get(path));
  }

  return createServer(async (request, response) => {
    const { status, headers, body } = await answer(request).catch(refuse);
    const length = { 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...everyAnswer, ...headers, ...length }).end(body);
  });
}

/** What the page asks for. Each gets the session of who asks, or undefined, and the request. */
function createRoutes({ gateway, api, apiKey, tokenSecret, tokenLife = 300 }, sessions) {
  /** Ends a login: its tokens are taken back, so that all its tabs close, on whichever gateways they are. Answers a `Set-Cookie`. */
  async function end(session) {
    if (session === undefined) return undefined;
    const removal = sessions.end(session);
    const headers = { authorization: `Bearer ${apiKey}` };
    const body = JSON.stringify({ user: session.user, session: session.id });
    const signal = AbortSignal.timeout(2000);
    const answer = await fetch(`${api}/v1/revoke`, { method: 'POST', headers, body, signal }).catch(
      (error) => error,
    );
    // The login has ended all the same: it gets no more tokens, and those that it has do not last long.
    if (!answer.ok) console.error('The gateways did not revoke the tokens of a login:', answer);
    return removal;
  }

  return {
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
      await end(session);
      return json({ user }, sessions.begin(user));
    },
    'POST /logout': async (session) => json({ user: null }, await end(session)),
  };
}

function json(value, setCookie) {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(setCookie && { 'set-cookie': setCookie }),
  };
  return { status: 200, headers, body: JSON.stringify(value) };
}

function refuse(error) {
  if (error instanceof Refusal) return { ...json({ error: error.message }), status: error.status };
  console.error(error);
  return { ...json({ error: 'The chat failed' }), status: 500 };
}

/** The body as an object. Throws a Refusal where it is no JSON, or too long. */
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
