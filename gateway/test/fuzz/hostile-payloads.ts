import { Packr } from 'msgpackr';
import type { Random } from '../support/random.js';
import type { TabEncoding } from '../support/tab.js';

/** Payloads of well-formed WebSocket frames that no client of ours would send. */

/** Writes all that MessagePack can hold, and what msgpackr adds to it: sets, errors, patterns, large integers. */
const packr = new Packr({ useRecords: false, moreTypes: true, useBigIntExtension: true });

/** What is put in wherever a value can stand. */
const oddities: readonly ((random: Random) => unknown)[] = [
  () => undefined,
  () => null,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => -0,
  () => 2 ** 53 + 2,
  () => 1.7e308,
  () => '',
  () => '\ud800',
  () => 'x\udfff\ud800',
  () => '\0\u202e\ufeff',
  (random) => 'ü'.repeat(random.size(20_000)),
  (random) => random.bytes(random.size(200)),
  (random) => Array(random.size(5000)).fill(random.below(3)),
  (random) =>
    Object.fromEntries(Array.from({ length: random.size(500) }, (_, index) => [`k${index}`, index])),
  () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
  () => JSON.parse('[{"__proto__":{"except":"x"}},{"toJSON":1,"then":1,"length":-1}]'),
  () => ({ valueOf: null, toString: null, toJSON: 'x' }),
  (random) => nested(random.size(1200)),
  () => new Date(Number.NaN),
  () => new Set([1, new Set([2])]),
  () => /(a+)+$/,
  () => new Error('an error'),
  () => 2n ** 100n,
];

const actions = [
  'hello',
  'echo',
  'inherited',
  'nobody',
  'sys/auth',
  'sys/join',
  'sys/leave',
  'sys/welcome',
  'sys/ping',
  'sys/open',
  'sys/close',
  'sys/',
];

/** How a tab speaks, or the socket that several of them share. */
export type Speech = TabEncoding | 'shared';

/** A payload for somebody who speaks like this. */
export function hostilePayload(random: Random, speech: Speech, token: string): Buffer {
  const encoding = speech === 'shared' ? 'json' : speech;
  const bytes = random.oneIn(4)
    ? random.pick(rawPayloads[encoding])(random)
    : framePayload(random, speech, token);
  return random.oneIn(3) ? random.wound(bytes) : bytes;
}

function framePayload(random: Random, speech: Speech, token: string): Buffer {
  const numbered: [string, unknown][] =
    speech === 'shared' && !random.oneIn(8) ? [['tab', oddNumber(random)]] : [];
  const frame = oddFrame(random, token, numbered);
  return speech === 'msgpack' ? packr.pack(frame) : Buffer.from(jsonText(frame));
}

/** The number of a tab: small and open, or large and new, or none. */
function oddNumber(random: Random): unknown {
  return random.oneIn(12) ? odd(random) : 1 + random.size(1000);
}

/** From entries, because only so `__proto__` becomes a member like any other. */
function oddFrame(random: Random, token: string, members: [string, unknown][]): object {
  const action = random.oneIn(8) ? odd(random) : random.pick(actions);
  if (!random.oneIn(16)) members.push(['action', action]);
  if (!random.oneIn(16)) members.push(['details', oddDetails(random, action, token)]);
  if (random.oneIn(2)) members.push(['id', random.oneIn(2) ? random.below(1000) : odd(random)]);
  if (random.oneIn(8))
    members.push([random.pick(['re', 'at', 'tab', '__proto__', 'toString', 'x']), odd(random)]);
  return Object.fromEntries(members);
}

function oddDetails(random: Random, action: unknown, token: string): unknown {
  if (action === 'sys/open' && !random.oneIn(4)) return [token];
  if (action === 'sys/auth' && random.oneIn(2))
    return [random.wound(Buffer.from(token)).toString('latin1').repeat(random.size(3))];
  if (action === 'sys/join' && random.oneIn(2)) return [`room-${random.below(200)}`];
  if (random.oneIn(3)) return odd(random);
  return Array.from({ length: random.below(4) }, () => odd(random));
}

function odd(random: Random): unknown {
  return random.pick(oddities)(random);
}

function nested(depth: number): unknown {
  let value: unknown = 'core';
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { a: value };
  return value;
}

function jsonText(frame: unknown): string {
  try {
    return JSON.stringify(frame, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
  } catch {
    return '{"action":"unwritable"}';
  }
}

const frameHead = packr.pack({ action: 'echo', details: [] }).subarray(0, -1);
/** A whole frame of MessagePack around the bytes of its details. */
const withDetails = (...bytes: number[]) => Buffer.concat([frameHead, Buffer.from(bytes)]);
const repeated = (times: number, ...bytes: number[]) => Array.from({ length: times }, () => bytes).flat();

/** What no encoder writes. */
const rawPayloads: Record<TabEncoding, readonly ((random: Random) => Buffer)[]> = {
  json: [
    () => Buffer.alloc(0),
    (random) => Buffer.from(`{"action":"echo","details":${'['.repeat(random.size(30_000))}`),
    (random) => wrapped('[', ']', random.size(30_000)),
    (random) => wrapped('{"a":', '}', random.size(9000)),
    () => Buffer.from('{"action":"echo","action":"echo","details":[1],"details":[2],"id":1e999}'),
    () => Buffer.from('\ufeff{"action":"echo"}'),
    () => Buffer.from(`{"action":"echo","id":${'9'.repeat(400)}}`),
    () => Buffer.from('{"action":"\\ud800","details":["\\udc00"],"id":"\\ud800"}'),
    (random) => Buffer.from(random.bytes(random.size(300)).toString('latin1')),
    (random) => Buffer.from(`[${'0,'.repeat(random.size(30_000))}0]`),
    () => Buffer.from('{"__proto__":{"action":"echo"},"constructor":1}'),
  ],
  msgpack: [
    () => Buffer.alloc(0),
    (random) => random.bytes(random.size(300)),
    (random) => withDetails(...repeated(random.size(60_000), 0x91)),
    (random) => withDetails(...repeated(random.size(1500), 0x91), 0xc0),
    (random) => withDetails(...repeated(random.size(20_000), 0x81, 0xa1, 0x61), 0xc0),
    // Lengths of 2^32 - 1: array, map, text, bytes, extension.
    (random) => withDetails(random.pick([0xdd, 0xdf, 0xdb, 0xc6, 0xc9]), 0xff, 0xff, 0xff, 0xff),
    // Every extension with a little content, those that msgpackr gives a meaning among them.
    (random) =>
      withDetails(0x91, 0xd4 + random.below(4), random.below(256), ...random.bytes(random.size(20))),
    // References: an object that is its own member.
    () => withDetails(0x91, 0xd6, 0x69, 0, 0, 0, 1, 0x81, 0xa1, 0x61, 0xd6, 0x70, 0, 0, 0, 1),
    // A record that is defined and used at once.
    () => withDetails(0x92, 0xd4, 0x72, 0x40, 0x91, 0xa9, ...Buffer.from('__proto__'), 0x01, 0x40, 0x02),
    () => withDetails(0x91, 0x81, 0xa9, ...Buffer.from('__proto__'), 0x81, 0xa1, 0x78, 0x01),
    // Keys that are no text: nil, array, map.
    (random) => withDetails(0x91, 0x81, random.pick([0xc0, 0x90, 0x80]), 0x01),
    // Numbers of 64 bits, NaN, a text that is not UTF-8, and the type that never is.
    () => withDetails(0x92, 0xcf, ...repeated(8, 0xff), 0xd3, 0x80, ...repeated(7, 0)),
    () => withDetails(0x91, 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0),
    () => withDetails(0x91, 0xa3, 0xff, 0xfe, 0x80),
    () => withDetails(0x91, 0xc1),
  ],
};

function wrapped(open: string, close: string, depth: number): Buffer {
  return Buffer.from(`{"action":"hello","details":[${open.repeat(depth)}1${close.repeat(depth)}]}`);
}
