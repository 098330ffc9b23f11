import { createHash } from 'node:crypto';

/** RFC 6455 §1.3: what a server appends to the key before it hashes it. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What an upgrade request asks for. */
export interface Upgrade {
  /** Path and query, as in the request line. */
  readonly path: string;
  /** Value of the `Host` header. */
  readonly host: string;
  /** Random, 16 bytes as base64. */
  readonly key: string;
  /** Sub-protocols offered, a token among them where it travels that way. */
  readonly protocols: readonly string[];
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Writes the request of RFC 6455 §4.1. */
export function upgradeRequest({ path, host, key, protocols, headers = {} }: Upgrade): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
  ];
  if (protocols.length > 0) lines.push(`Sec-WebSocket-Protocol: ${protocols.join(', ')}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * Says what is wrong with the head of the answer, or undefined when the connection is a WebSocket now.
 * @param head status line and headers, without the empty line at the end
 */
export function checkUpgrade(head: string, { key, protocols }: Upgrade): string | undefined {
  const [status = '', ...lines] = head.split('\r\n');
  if (!/^HTTP\/1\.1 101 /.test(status)) return `expected status 101, got "${status}"`;
  const headers = new Map(lines.map(headerOf));
  if (headers.get('sec-websocket-accept') !== acceptOf(key))
    return 'Sec-WebSocket-Accept does not fit the key';
  const protocol = headers.get('sec-websocket-protocol');
  if (protocol !== undefined && !protocols.includes(protocol))
    return `sub-protocol "${protocol}" was not offered`;
  return undefined;
}

function headerOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + acceptSuffix)
    .digest('base64');
}
