import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { endpointForms, parseEndpoint } from '../broker/redis/endpoint.js';

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

const maxWorkers = 64;

/** How many processes; `auto` is one for each core that this process may run on. */
export const workerCount: Kind<number> = {
  expected: `an integer from 1 to ${maxWorkers}, or auto for one per core`,
  read: (text) =>
    text === 'auto' ? Math.min(availableParallelism(), maxWorkers) : integer(1, maxWorkers, '').read(text),
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

/** An address, or a network in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). */
export const network: Kind<string> = {
  expected: 'an IP address, or a network such as 10.0.0.0/8',
  read: (given) => {
    const [, address, prefix] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(given) ?? [];
    const family = isIP(address ?? '');
    return family !== 0 && Number(prefix ?? 0) <= (family === 4 ? 32 : 128) ? given : undefined;
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

/** A URL that can be asked over HTTP. */
export const webUrl: Kind<string> = {
  expected: 'an https:// or http:// URL without user, password or fragment',
  read: (given) => {
    const url = /^https?:\/\//.test(given) ? parseUrl(given) : undefined;
    const isPlain = url !== undefined && url.username === '' && url.password === '' && url.hash === '';
    return isPlain ? given : undefined;
  },
  mask: (given) => (given.includes('@') ? masked : given),
};

/** Where a Redis is, or the Sentinels that know; see parseEndpoint. */
export const redisUrl: Kind<string> = {
  expected: endpointForms,
  read: (given) => (parseEndpoint(given) ? given : undefined),
  mask: (given) => (parseEndpoint(given) ? given.replace(/(\/\/[^:@]*):[^@]*@/, `$1:${masked}@`) : masked),
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

function parseUrl(given: string): URL | undefined {
  return URL.canParse(given) ? new URL(given) : undefined;
}
