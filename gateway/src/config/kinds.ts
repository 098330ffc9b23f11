import { isIP } from 'node:net';

/** How one value is read from text. Lists are read item by item. */
export interface Kind<T> {
  /** What is accepted, with range and unit, so that it reads well after "expected". */
  readonly expected: string;
  /** The value, or undefined when the text is not acceptable. */
  read(text: string): T | undefined;
  /** How a text, acceptable or not, may be shown to people. Only kinds that hold a secret have it. */
  mask?(text: string): string;
}

/** What stands in for a secret. */
export const masked = '***';

/** `true` or `false`; the flags are `--name` and `--no-name`. */
export const trueOrFalse: Kind<boolean> = {
  expected: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};

/** A whole number; both ends are included. */
export function integer(from: number, to: number, unit: string, step = 1): Kind<number> {
  return {
    expected: `an integer from ${from} to ${to} ${unit}${step === 1 ? '' : `, a multiple of ${step}`}`,
    read: (text) => {
      const value = Number(text);
      return /^\d+$/.test(text) && value >= from && value <= to && value % step === 0 ? value : undefined;
    },
  };
}

/** A TCP port; 0 lets the system choose. */
export const port: Kind<number> = {
  expected: 'a port from 0 to 65535, where 0 means any free one',
  read: integer(0, 65_535, '').read,
};

/** One of a few words. */
export function choice<const Word extends string>(...words: Word[]): Kind<Word> {
  return {
    expected: `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    read: (text) => words.find((word) => word === text),
  };
}

/** Any text but an empty one. */
export function text(expected: string): Kind<string> {
  return { expected, read: (given) => given || undefined };
}

/** Text of a given form, which the expression must match as a whole. */
export function pattern(expected: string, form: RegExp): Kind<string> {
  return { expected, read: (given) => (form.test(given) ? given : undefined) };
}

/** The kind, or an empty text. */
export function optional(kind: Kind<string>): Kind<string> {
  const { mask } = kind;
  return {
    expected: `${kind.expected}, or empty`,
    read: (given) => (given === '' ? '' : kind.read(given)),
    ...(mask && { mask: (given) => (given === '' ? '' : mask(given)) }),
  };
}

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;

/** An address or name to listen on. */
export const host: Kind<string> = {
  expected: 'an IP address or host name',
  read: (given) => {
    // What ends in a number is an IPv4 address or nothing (WHATWG URL, "ends in a number").
    const isName = hostName.test(given) && !/(^|\.)\d+$/.test(given);
    return isName || isIP(given) !== 0 ? given : undefined;
  },
};

/** Whether a host can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** An exact origin as browsers send it (RFC 6454 §6.2), or `*`. */
export const origin: Kind<string> = {
  expected:
    'an origin as browsers send it (scheme://host, with the port only where it is not the default; ' +
    'lower case, no path, no wildcard inside) or * alone for any',
  read: (given) => {
    if (given === '*') return given;
    if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s\\A-Z]+$/.test(given)) return undefined;
    // Pages of an app (capacitor://localhost) have opaque origins, which URL calls "null".
    const canonical = parseUrl(given)?.origin;
    return canonical === given || canonical === 'null' ? given : undefined;
  },
};

/** An `https` URL; plain `http` only to this machine. */
export const secureUrl: Kind<string> = {
  expected: 'an https:// URL without user or password (http:// only to localhost)',
  read: (given) => {
    const url = /^https?:\/\//.test(given) ? parseUrl(given) : undefined;
    if (url === undefined || url.username !== '' || url.password !== '') return undefined;
    const local = isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
    return url.protocol === 'https:' || local ? given : undefined;
  },
  mask: (given) => (given.includes('@') ? masked : given),
};

/**
 * Where a single Redis is. A query is refused because ioredis would take it for options of its own, and a lone user
 * because it is nearly always a password that lacks its colon.
 */
export const redisUrl: Kind<string> = {
  expected: 'redis:// or rediss:// with [user:password@]host[:port][/database]',
  read: (given) => (parseRedisUrl(given) ? given : undefined),
  mask: (given) => {
    const url = parseRedisUrl(given);
    if (url === undefined) return masked;
    if (url.password !== '') url.password = masked;
    return url.href;
  },
};

/** A secret of at least so many bytes of UTF-8. */
export function secret(minBytes: number): Kind<string> {
  return {
    expected: `a secret of at least ${minBytes} bytes`,
    read: (given) => (Buffer.byteLength(given) >= minBytes ? given : undefined),
    mask: () => masked,
  };
}

/** An API key as an `Authorization: Bearer` header can carry it. */
export const apiKey: Kind<string> = {
  ...pattern('an API key of visible ASCII characters without spaces', /^[\x21-\x7e]+$/),
  mask: () => masked,
};

function parseRedisUrl(given: string): URL | undefined {
  const url = /^rediss?:\/\//.test(given) ? parseUrl(given) : undefined;
  if (url === undefined || url.hostname === '' || url.search !== '' || url.hash !== '') return undefined;
  if (!/^\/?\d*$/.test(url.pathname) || (url.username !== '' && url.password === '')) return undefined;
  return isPercentEncoded(url.username) && isPercentEncoded(url.password) ? url : undefined;
}

function isPercentEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

function parseUrl(given: string): URL | undefined {
  return URL.canParse(given) ? new URL(given) : undefined;
}
