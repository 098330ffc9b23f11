import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Names, userOf } from '../../src/broker/redis/names.js';

const names = new Names('tabcast');

/** Texts that are easily mistaken for one another, or for something that means much to Redis. */
const awkward = [
  ...[
    '',
    ':',
    '::',
    'a',
    'a:',
    ':a',
    'a:b',
    'a:b:c',
    'a%3Ab',
    'a%3ab',
    'a%b',
    '%',
    '%25',
    'A',
    'á',
    'a\u0301',
  ],
  ...[
    '{',
    '}',
    '{p1}',
    '*',
    '?',
    '[a]',
    '\\',
    ' ',
    '\n',
    '\r\n',
    '\0',
    '\x7f',
    '東京',
    '🗼',
    '__proto__',
    '-',
    '_.~@',
  ],
];

describe('names in Redis', () => {
  test('a name says prefix, partition, kind and channel', () => {
    assert.equal(names.channel('user:42'), 'tabcast:{p233}:c:user:42');
    assert.equal(names.channel('all'), 'tabcast:{p225}:c:all');
    assert.match(names.idempotency('user:42', 'order 7'), /^tabcast:\{p233\}:i:user:42:order%207$/);
    assert.match(names.probe('g1'), /^tabcast:\{p\d+\}:probe:g1$/);
  });

  test('what is not a plain character is percent-encoded, byte for byte of UTF-8', () => {
    assert.match(names.channel('user:a b'), /:c:user:a%20b$/);
    assert.match(names.channel('user:é:{x}'), /:c:user:%c3%a9%3a%7bx%7d$/);
    assert.match(names.channel('user:Az09_.~@-'), /:c:user:Az09_\.~@-$/);
  });

  test('no name means anything to Redis but its hash tag', () => {
    for (const channel of awkward)
      for (const name of [
        ...[names.channel(channel), names.idempotency(channel, channel), names.probe(channel)],
        ...names.history(channel),
      ])
        assert.match(name, /^tabcast:\{p\d+\}:(c|i|probe|h|k):[\w.~@:%-]*$/);
  });

  test('different channels have different names', () => {
    const channels = [...awkward, ...awkward.map((text) => `user:${text}`)];
    const different = new Set(channels);
    assert.equal(new Set([...different].map((channel) => names.channel(channel))).size, different.size);
  });

  test('different pairs of channel and key have different names, and share no name with a channel', () => {
    const all = new Set<string>();
    // Without the tag: two that share a partition by chance must differ as well.
    const add = (name: string) => all.add(name.replace(/\{.*?\}/, ''));
    for (const channel of awkward) {
      add(names.channel(channel));
      for (const key of awkward) add(names.idempotency(channel, key));
    }
    assert.equal(all.size, awkward.length + awkward.length ** 2);
  });

  test('all names of a channel have one hash tag', () => {
    for (const channel of awkward)
      for (const name of [names.idempotency(channel, 'some key'), ...names.history(channel)])
        assert.equal(tagOf(names.channel(channel)), tagOf(name));
  });

  test('what is kept of a user shares the hash tag of its channel, and is told apart from that of others', () => {
    const stored = new Set<string>();
    for (const user of awkward) {
      const { online, channels, member } = names.presence(user);
      assert.equal(`${channels}${member}`, names.channel(`user:${user}`));
      for (const name of [online, names.groups(user)])
        assert.equal(tagOf(name), tagOf(names.channel(`user:${user}`)));
      assert.equal(userOf(member), user);
      assert.ok(names.presences().some((presence) => presence.online === online));
      stored.add(names.groups(user)).add(`${online} ${member}`);
    }
    assert.equal(stored.size, 2 * awkward.length);
    assert.equal(new Set(names.presences().map(({ online }) => online)).size, 256);
  });

  test('the registry has one hash tag', () => {
    for (const name of [names.leases, names.revocations, names.trial('g')])
      assert.equal(tagOf(name), 'registry');
  });

  test('channels are spread over all 256 partitions', () => {
    const counts = new Map<string, number>();
    for (let id = 0; id < 25_600; id++) {
      const tag = tagOf(names.channel(`user:${id}`));
      counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
    assert.equal(counts.size, 256);
    assert.ok(Math.max(...counts.values()) < 200, `${Math.max(...counts.values())} where 100 are fair`);
  });
});

function tagOf(name: string): string {
  return /\{(.*?)\}/.exec(name)?.[1] ?? assert.fail(`no hash tag in ${name}`);
}
