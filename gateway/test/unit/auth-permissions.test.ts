import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Identity } from '../../src/auth/identity.js';
import { mayJoin } from '../../src/auth/permissions.js';

function permittedTo(...join: string[]): Identity {
  return { user: '42', session: null, groups: ['own'], join, expires: 0, issued: null, tokenId: null };
}

describe('which groups a tab may join', () => {
  const table: [pattern: string, group: string, may: boolean][] = [
    ['news', 'news', true],
    ['news', 'newsroom', false],
    ['*', 'anything', true],
    ['chat:*', 'chat:7', true],
    ['chat:*', 'chat:', true],
    ['chat:*', 'my-chat:7', false],
    ['*:7', 'chat:7', true],
    ['*:7', 'chat:70', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['team:*:room:*', 'team:1:room:2', true],
    ['team:*:room:*', 'team:1:hall:2', false],
    ['a**b', 'ab', true],
    ['*b*b', 'ab', false],
    ['a.c', 'abc', false],
    ['[ab]?', 'a', false],
    ['(x', '(x', true],
    ['Größe:*', 'Größe:😀', true],
    ['', 'a', false],
  ];
  for (const [pattern, group, may] of table)
    test(`${JSON.stringify(pattern)} ${may ? 'permits' : 'does not permit'} ${group}`, () => {
      assert.equal(mayJoin(permittedTo(pattern), group), may);
    });

  test('any one of several patterns is enough', () => {
    assert.equal(mayJoin(permittedTo('a', 'b*'), 'b1'), true);
  });

  test('an anonymous tab may join nothing', () => {
    assert.equal(mayJoin(null, 'news'), false);
  });

  test('without patterns nothing may be joined, not even a group of the token', () => {
    assert.equal(mayJoin(permittedTo(), 'own'), false);
  });

  test('agrees with a naive matcher on random patterns', () => {
    const random = randomNumbers(20_260_801);
    for (let i = 0; i < 20_000; i++) {
      const pattern = randomText(random, 'ab**', 8);
      const text = randomText(random, 'ab', 8);
      assert.equal(
        mayJoin(permittedTo(pattern), text),
        matchesNaively(pattern, text),
        `${pattern} on ${text}`,
      );
    }
  });

  test('a pattern made to be slow is answered', () => {
    assert.equal(mayJoin(permittedTo(`${'a*'.repeat(63)}b`), 'a'.repeat(128)), false);
  });
});

function matchesNaively(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] !== '*') return pattern[0] === text[0] && matchesNaively(pattern.slice(1), text.slice(1));
  return matchesNaively(pattern.slice(1), text) || (text !== '' && matchesNaively(pattern, text.slice(1)));
}

function randomText(random: () => number, alphabet: string, longest: number): string {
  const length = Math.floor(random() * (longest + 1));
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}

/** mulberry32: the same numbers for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
