import { jsonProtocol, msgpackProtocol, resumeProtocol, sharedProtocol } from '@tabcast/shared';
import type { Encoding } from '../fanout/frame.js';
import type { HandshakeOutcome } from '../metrics/counters.js';

/** What a handshake asks with. */
export interface Handshake {
  /** A header by its lower-case name; empty when it is absent. */
  readonly header: (name: string) => string;
  /** A query parameter; undefined when it is absent. */
  readonly query: (name: string) => string | undefined;
}

export interface AdmissionRules {
  /** Origins that may connect; `*` permits every one, and none at all permits the host's own. */
  readonly origins: readonly string[];
  /** Name of the cookie that carries the token; empty: none does. */
  readonly tokenCookie: string;
  /** Whether `?token=` is read. */
  readonly tokenQuery: boolean;
}

/** A handshake that may go on. */
export interface Candidate {
  readonly encoding: Encoding;
  /** The sub-protocol to answer with; empty when none was asked for. */
  readonly protocol: string;
  /** The token; undefined when the handshake carries none, or is for a socket that tabs share: each brings its own. */
  readonly token: string | undefined;
  /** Whether the client will say first where it stood before. On a shared socket each tab does so when it is opened. */
  readonly resumes: boolean;
}

/** A handshake that is refused: an HTTP answer with a reason. */
export interface Refusal {
  readonly outcome: HandshakeOutcome;
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sub-protocol that carries a token. It is never echoed: the answer of a handshake ends up in logs. */
const bearerPrefix = 'bearer.';

/**
 * Checks what uWebSockets leaves unchecked (it looks at the method and the length of the key only), in the order of
 * RFC 6455 §4.2.1, and finds the token.
 */
export function admit(handshake: Handshake, rules: AdmissionRules): Candidate | Refusal {
  const { header } = handshake;
  if (header('upgrade').toLowerCase() !== 'websocket' || !asksForUpgrade(header('connection')))
    return upgradeRequired;
  if (header('sec-websocket-version') !== '13') return versionRequired;
  const origin = header('origin');
  if (origin !== '' && !mayConnect(origin, header('host'), rules.origins))
    return { outcome: 'origin', status: 403, reason: 'This Origin may not connect; see the option origins' };
  const offered = header('sec-websocket-protocol')
    .split(',')
    .map((name) => name.trim());
  const choice = chooseProtocol(offered.filter((name) => name !== ''));
  if (choice === undefined) return protocolRequired;
  if (choice.encoding === 'shared') return { ...choice, token: undefined, resumes: false };
  const token = findToken(handshake, offered, rules);
  if (token?.from === 'cookie' && origin === '') return originRequired;
  return { ...choice, token: token?.value, resumes: offered.includes(resumeProtocol) };
}

/** The answer to a request that is no WebSocket handshake at all. */
export const upgradeRequired: Refusal = {
  outcome: 'request',
  status: 426,
  reason: 'Expected a WebSocket handshake',
  headers: { upgrade: 'websocket', connection: 'Upgrade' },
};

const versionRequired: Refusal = {
  outcome: 'request',
  status: 426,
  reason: 'Expected WebSocket version 13',
  headers: { 'sec-websocket-version': '13' },
};

// A browser fails a connection whose offers were all passed over (WHATWG WebSockets), without telling the page why.
const protocolRequired: Refusal = {
  outcome: 'request',
  status: 400,
  reason: `Offer the sub-protocol ${jsonProtocol}, ${msgpackProtocol} or ${sharedProtocol}, or none`,
};

// A page of any site can make a browser send cookies here; only the Origin tells who asked.
const originRequired: Refusal = {
  outcome: 'origin',
  status: 403,
  reason: 'A token in a cookie needs an Origin header',
};

/**
 * Whether `Connection` names the upgrade. Not only a formality: uWebSockets takes five characters there for "close", and
 * an upgrade that was awaited then ends the process with SIGSEGV.
 */
function asksForUpgrade(connection: string): boolean {
  return /(^|,)\s*upgrade\s*(,|$)/i.test(connection);
}

function mayConnect(origin: string, host: string, origins: readonly string[]): boolean {
  if (origins.includes('*') || origins.includes(origin)) return true;
  return origins.length === 0 && (origin === `http://${host}` || origin === `https://${host}`);
}

const encodings: ReadonlyMap<string, Encoding> = new Map([
  [jsonProtocol, 'json'],
  [msgpackProtocol, 'msgpack'],
  [sharedProtocol, 'shared'],
]);

function chooseProtocol(offered: readonly string[]): { encoding: Encoding; protocol: string } | undefined {
  if (offered.length === 0) return { encoding: 'json', protocol: '' };
  const protocol = offered.find((name) => encodings.has(name));
  return protocol === undefined ? undefined : { encoding: encodings.get(protocol)!, protocol };
}

interface FoundToken {
  readonly from: 'protocol' | 'authorization' | 'query' | 'cookie';
  readonly value: string;
}

function findToken(
  handshake: Handshake,
  offered: readonly string[],
  rules: AdmissionRules,
): FoundToken | undefined {
  const bearer = offered.find((name) => name.startsWith(bearerPrefix));
  if (bearer !== undefined) return { from: 'protocol', value: bearer.slice(bearerPrefix.length) };
  const [, authorization] = /^Bearer +(.*)$/i.exec(handshake.header('authorization')) ?? [];
  if (authorization !== undefined) return { from: 'authorization', value: authorization };
  const query = rules.tokenQuery ? handshake.query('token') : undefined;
  if (query !== undefined) return { from: 'query', value: query };
  const cookie =
    rules.tokenCookie === '' ? undefined : readCookie(handshake.header('cookie'), rules.tokenCookie);
  return cookie === undefined ? undefined : { from: 'cookie', value: cookie };
}

function readCookie(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key, value] = pair.split('=', 2);
    if (key?.trim() === name && value !== undefined) return value.trim().replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}
