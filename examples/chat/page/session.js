// The login: what the page asks of the web server.

/** `{user, gateway}`: who is logged in, null for nobody, and where to connect. */
export const readSession = () => ask('GET', '/session');

/** Rejects with a sentence where the name will not do. */
export const logIn = (name) => ask('POST', '/login', { name });

/** Ends the login, in all its tabs. */
export const logOut = () => ask('POST', '/logout', {});

/** A token for a user; null when this browser is logged in as somebody else by now, or as nobody. */
export async function fetchToken(user) {
  const answer = await ask('GET', '/token');
  return answer.user === user ? answer.token : null;
}

async function ask(method, path, body) {
  const answer = await fetch(path, { method, body: body && JSON.stringify(body) });
  const value = await answer.json();
  if (answer.ok || answer.status === 401) return value;
  throw new Error(value.error);
}
