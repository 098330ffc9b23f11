import { randomBytes } from 'node:crypto';

const name = 'chat_session';

/** One more, and the oldest ends. */
const most = 10_000;

/** Who is logged in, by a secret in a cookie. They end with the process. */
export class Sessions {
  #attributes;
  #bySecret = new Map();

  /** @param origin where the page lives; with https the cookie travels encrypted only */
  constructor(origin) {
    this.#attributes = `Path=/; HttpOnly; SameSite=Strict${origin.startsWith('https:') ? '; Secure' : ''}`;
  }

  /** The session `{user, id}` that a `Cookie` header names; undefined where there is none. */
  of(cookies = '') {
    const [, secret] = new RegExp(`\\b${name}=([\\w-]+)`).exec(cookies) ?? [];
    return this.#bySecret.get(secret);
  }

  /** Begins a session; answers the `Set-Cookie` for it. */
  begin(user) {
    const secret = randomBytes(32).toString('base64url');
    // The page can read its token, so the id in there is not the secret.
    this.#bySecret.set(secret, { user, secret, id: randomBytes(12).toString('base64url') });
    if (this.#bySecret.size > most) this.#bySecret.delete(this.#bySecret.keys().next().value);
    return `${name}=${secret}; ${this.#attributes}`;
  }

  /** Ends a session; answers the `Set-Cookie` that takes the cookie away. */
  end({ secret }) {
    this.#bySecret.delete(secret);
    return `${name}=; ${this.#attributes}; Max-Age=0`;
  }
}
