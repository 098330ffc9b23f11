import { apiKey } from '../support/gateway.js';
import type { Random } from '../support/random.js';

/** HTTP/1.1 requests that are wrong in head, length or body, or lie about where they end; and handshakes like them. */

const methods = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'get',
  'M'.repeat(300),
  '',
];
const paths = [
  '/v1/send',
  '/healthz',
  '/readyz',
  '/ws',
  '/',
  '//',
  '/v1/send/',
  '/v1/../healthz',
  '/%00%zz',
  '*',
];
const versions = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/1.1 ',
  'http/1.1',
  'X',
  '',
];
const lineEnds = ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\n\r'];
const lengths = [
  '0',
  '-1',
  '+5',
  '0x10',
  '5, 5',
  '5 5',
  '',
  '1e3',
  '99999999999999999999',
  '18446744073709551616',
  '1048577',
];
const codings = [
  'chunked',
  'Chunked',
  ' chunked',
  'chunked, chunked',
  'gzip, chunked',
  'x',
  'identity',
  'chunked\x00',
  '',
];
const chunks = [
  ...[
    '0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    'ffffffffffffffff\r\nx',
    '-1\r\nx\r\n',
    '5;a=b\r\nhello\r\n0\r\n\r\n',
  ],
  ...[
    'zz\r\n\r\n',
    '5\nhello\n0\n\n',
    '5\r\nhel',
    '00000000000000000000000\r\n\r\n',
    '0\r\nTrailer: x\r\n\r\n',
    '\r\n',
  ],
];

/** PROXY protocol v2 (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt), from somebody whom nobody asked. */
const proxyHeader = Buffer.from('0d0a0d0a000d0a515549540a2111000c7f0000017f000001303901bb', 'hex');

/** One request, or what somebody might try to pass off as one. */
export function hostileRequest(random: Random, token: string): Buffer {
  const kinds = [
    badHead,
    badHead,
    badLength,
    badChunks,
    badSend,
    badSend,
    badSend,
    handshake,
    handshake,
    smuggled,
  ];
  const bytes = random.oneIn(30)
    ? random.bytes(random.size(3000))
    : Buffer.from(random.pick(kinds)(random, token));
  if (random.oneIn(30)) return Buffer.concat([proxyHeader, bytes]);
  if (random.oneIn(30)) return bytes.subarray(0, random.below(bytes.length));
  return random.oneIn(4) ? random.wound(bytes) : bytes;
}

function request(start: string, headers: readonly string[], body = '', lineEnd = '\r\n'): string {
  return [start, ...headers, '', body].join(lineEnd);
}

/** `POST /v1/send` with the key and whatever headers and body. */
function send(headers: readonly string[], body: string): string {
  return request('POST /v1/send HTTP/1.1', ['Host: a', `Authorization: Bearer ${apiKey}`, ...headers], body);
}

function badHead(random: Random): string {
  const path = random.oneIn(10) ? `/${'p'.repeat(random.size(20_000))}` : random.pick(paths);
  const query = random.oneIn(4) ? `?${random.bytes(random.size(50)).toString('latin1')}` : '';
  const start = `${random.pick(methods)} ${path}${query} ${random.pick(versions)}`;
  const headers = Array.from({ length: random.below(6) }, () => oddHeader(random));
  return request(start, ['Host: a', ...headers], '', random.pick(lineEnds));
}

function oddHeader(random: Random): string {
  return random.pick([
    () => 'Host: b',
    () => 'no colon at all',
    () => ': no name',
    () => 'Spaced : x',
    () => ' folded: x',
    () => `Nul\0l: ${'\0'.repeat(5)}`,
    () => `Long: ${'v'.repeat(random.size(20_000))}`,
    () => Array.from({ length: random.size(150) }, (_, index) => `Many${index}: x`).join('\r\n'),
    () => `Authorization: ${random.pick(['', 'Bearer', 'Bearer  ', 'Basic eDp5', `Bearer ${apiKey}x`])}`,
    () => `Idempotency-Key: ${random.pick(['', 'é', 'a b', 'k'.repeat(random.size(500)), '\x7f'])}`,
    () => `Content-Length: ${random.pick(lengths)}`,
    () => `Transfer-Encoding: ${random.pick(codings)}`,
    () => `Connection: ${random.pick(['close', 'Upgrade', 'keep-alive, x', 'Content-Length'])}`,
    () => 'Expect: 100-continue',
    () =>
      `Üñï: ${random
        .bytes(20)
        .toString('latin1')
        .replace(/[\r\n]/g, '')}`,
  ])();
}

const goodSend = '{"to":{"user":"mallory"},"action":"hello","details":["you"]}';

function badLength(random: Random): string {
  const header = `Content-Length: ${random.oneIn(2) ? random.below(200) : random.pick(lengths)}`;
  return send(random.oneIn(4) ? [header, `Content-Length: ${goodSend.length}`] : [header], goodSend);
}

function badChunks(random: Random): string {
  const whole = `${goodSend.length.toString(16)}\r\n${goodSend}\r\n0\r\n\r\n`;
  const body = random.oneIn(3)
    ? whole
    : Array.from({ length: random.size(4) }, () => random.pick(chunks)).join('');
  const headers = [`Transfer-Encoding: ${random.pick(codings)}`];
  if (random.oneIn(2)) headers.push(`Content-Length: ${random.pick([...lengths, String(body.length)])}`);
  return send(headers, body);
}

function badSend(random: Random): string {
  const body = random.oneIn(3) ? random.wound(Buffer.from(goodSend)).toString('latin1') : oddSend(random);
  const headers = [`Content-Length: ${Buffer.byteLength(body)}`];
  if (random.oneIn(4)) headers.push(oddHeader(random));
  return send(headers, body);
}

/** Texts of JSON that stand where something else is expected. */
const oddTexts: readonly ((random: Random) => string)[] = [
  () => 'null',
  () => '0',
  () => '1e999',
  () => '""',
  () => '"\\ud800"',
  () => '{}',
  () => '[]',
  () => '{"__proto__":{"except":"x"}}',
  () => '{"user":"mallory","__proto__":{"polluted":1}}',
  () => '{"constructor":{"prototype":{"polluted":1}}}',
  () => '{"user":"mallory","except":"nobody-0"}',
  () => '{"user":"mallory","groups":["red","red","blue"]}',
  () => '{"all":true,"user":"x"}',
  () => '{"connection":"a-0"}',
  () => '"sys/welcome"',
  (random) => `"${'ü'.repeat(random.size(500))}"`,
  (random) => `${'['.repeat(random.size(30_000))}`,
  (random) => nested('[', ']', random.size(30_000)),
  (random) => nested('{"a":', '}', random.size(30_000)),
  (random) => `{"users":[${Array.from({ length: random.size(2000) }, (_, user) => `"u${user}"`).join()}]}`,
];

function oddSend(random: Random): string {
  const odd = () => random.pick(oddTexts)(random);
  const to = random.oneIn(2) ? '{"user":"mallory"}' : odd();
  const one = `{"to":${to},"action":${random.oneIn(3) ? odd() : '"hello"'},"details":${odd()}}`;
  if (random.oneIn(4)) return `[${Array.from({ length: random.size(1100) }, () => goodSend).join()},${one}]`;
  return random.oneIn(10) ? odd() : one;
}

/** Headers of a handshake, each right or not, in any order. */
function handshake(random: Random, token: string): string {
  const hurt = (text: string) =>
    random
      .wound(Buffer.from(text))
      .toString('latin1')
      .replace(/[\r\n\0]/g, '');
  const headers: [string, readonly string[]][] = [
    ['Upgrade', ['websocket', 'WebSocket', 'h2c', 'websocket, x', '']],
    ['Connection', ['Upgrade', 'keep-alive, Upgrade', 'close', '']],
    ['Sec-WebSocket-Version', ['13', '8', '13, 8', '013', '']],
    [
      'Sec-WebSocket-Key',
      ['dGhlIHNhbXBsZSBub25jZQ==', 'short', '========================', 'x'.repeat(24), ''],
    ],
    [
      'Sec-WebSocket-Protocol',
      [`tabcast.v1.json, bearer.${token}`, `bearer.${hurt(token)}`, ',,,', hurt('a,b,c')],
    ],
    [
      'Sec-WebSocket-Extensions',
      ['permessage-deflate', 'permessage-deflate; server_max_window_bits=99', ';;'],
    ],
    ['Origin', ['https://app.example', 'null', 'https://evil.example', hurt('https://app.example')]],
    ['Cookie', [`token=${hurt(token)}`, '=;=;', '__proto__=x', `a=${'c'.repeat(random.size(16_000))}`]],
    ['Authorization', [`Bearer ${hurt(token)}`, 'Bearer', 'x']],
  ];
  const chosen = headers
    .filter((_, index) => (index < 5 ? !random.oneIn(12) : random.oneIn(4)))
    .map(([name, values]) => `${name}: ${random.oneIn(6) ? random.pick(values) : values[0]}`)
    .sort(() => random.below(3) - 1);
  return request(`GET /ws${random.oneIn(4) ? `?token=${hurt(token)}` : ''} HTTP/1.1`, ['Host: a', ...chosen]);
}

/** A request within the body of another, for whoever counts its length differently. */
function smuggled(random: Random): string {
  const inner = send([`Content-Length: ${goodSend.length}`], goodSend);
  const body = `0\r\n\r\n${inner}`;
  return send(
    random.pick([
      [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', `Content-Length: ${body.length}`],
      [`Content-Length: ${body.length}`, `Transfer-Encoding: ${random.pick(codings)}`],
      ['Content-Length: 4', `Content-Length: ${body.length}`],
      [`Content-Length: ${body.length}`, 'Transfer-Encoding : chunked'],
      ['Transfer-Encoding:\tchunked', 'Transfer-Encoding: identity', `Content-Length: ${body.length}`],
    ]),
    body,
  );
}

function nested(open: string, close: string, depth: number): string {
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}
