import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { TokenCache } from '../../src/auth/cache.js';
import type { TwoStepVerifier, Verdict } from '../../src/auth/token.js';
import { Counters } from '../../src/metrics/counters.js';

const present = 1_800_000_000_000;
const hour = 3_600_000;

/** A verifier whose answers the test gives, one by one; it notes what it was asked. */
class SlowVerifier implements TwoStepVerifier {
  readonly asked: string[] = [];
  readonly answers: ((verdict: Verdict) => void)[] = [];
  closed = false;
  verifyAtOnce(): undefined {}
  verify(token: string): Promise<Verdict> {
    return this.verifyByKey(token);
  }
  verifyByKey(token: string): Promise<Verdict> {
    this.asked.push(token);
    return new Promise((resolve) => this.answers.push(resolve));
  }
  close(): void {
    this.closed = true;
  }
}

describe('the memory of verified tokens', () => {
  let verifier: SlowVerifier;
  let counters: Counters;
  let cache: TokenCache;
  let now: number;

  beforeEach(() => {
    verifier = new SlowVerifier();
    counters = new Counters();
    now = present;
    cache = new TokenCache(verifier, { size: 3, now: () => now, counters });
  });

  const proof = (user: string, expires: number | null = present + hour): Verdict => ({
    identity: { user, session: null, groups: [], join: [], expires, issued: null, tokenId: null },
  });
  const refusal: Verdict = { refused: 'signature', sentence: 'the signature fits none of the keys' };

  /** Shows a token. What is not known already is answered with `verdict`. */
  async function show(token: string, verdict: Verdict = proof(token)): Promise<Verdict> {
    const shown = cache.verify(token);
    verifier.answers.pop()?.(verdict);
    return shown;
  }

  test('a token is verified once', async () => {
    const first = await show('a');
    assert.deepEqual(first, proof('a'));
    assert.equal(await show('a'), first);
    assert.deepEqual(await show('b'), proof('b'));
    assert.deepEqual(verifier.asked, ['a', 'b']);
    assert.deepEqual(counters.tokenCache, { hit: 1, miss: 2 });
  });

  test('one that is known at once is not remembered: that would cost as much', () => {
    const asked: string[] = [];
    const prompt = new SlowVerifier();
    prompt.verifyAtOnce = ((token: string) => {
      asked.push(token);
      return token === 'bad' ? refusal : proof(token);
    }) as never;
    const quick = new TokenCache(prompt, { size: 3, now: () => now, counters });
    for (const token of ['a', 'a', 'bad', 'bad'])
      assert.deepEqual(quick.verify(token), token === 'bad' ? refusal : proof('a'));
    assert.deepEqual(asked, ['a', 'a', 'bad', 'bad']);
    assert.deepEqual(prompt.asked, []);
    assert.deepEqual(counters.tokenCache, { hit: 0, miss: 0 });
  });

  test('for a minute, and not beyond the end of its proof', async () => {
    await show('long');
    await show('short', proof('short', present + 10_000));
    now = present + 9_999;
    await show('short');
    now = present + 10_000;
    await show('short');
    now = present + 59_999;
    await show('long');
    now = present + 60_000;
    await show('long');
    assert.deepEqual(verifier.asked, ['long', 'short', 'short', 'long']);
  });

  test('a refused one is verified every time', async () => {
    for (let i = 0; i < 3; i++) assert.equal(await show('bad', refusal), refusal);
    assert.deepEqual(verifier.asked, ['bad', 'bad', 'bad']);
    assert.deepEqual(counters.tokenCache, { hit: 0, miss: 3 });
  });

  test('several that are shown at the same time are verified once, whatever comes of it', async () => {
    for (const verdict of [refusal, proof('a')]) {
      const shown = [cache.verify('a'), cache.verify('a'), cache.verify('a')];
      assert.equal(verifier.answers.length, 1);
      verifier.answers.pop()!(verdict);
      assert.deepEqual(await Promise.all(shown), [verdict, verdict, verdict]);
    }
    assert.deepEqual(counters.tokenCache, { hit: 4, miss: 2 });
  });

  test('the one not shown for the longest time is forgotten for another', async () => {
    for (const token of ['a', 'b', 'c', 'a', 'd', 'a', 'c', 'd', 'b']) await show(token);
    assert.deepEqual(verifier.asked, ['a', 'b', 'c', 'd', 'b']);
  });

  test('when the keys change everything is forgotten, also what is being verified by the old ones', async () => {
    await show('known');
    const old = cache.verify('a');
    cache.clear();
    const fresh = cache.verify('a');
    verifier.answers[0]!(proof('old'));
    assert.deepEqual(await old, proof('old'));
    const third = cache.verify('a');
    verifier.answers[1]!(refusal);
    assert.deepEqual(await Promise.all([fresh, third]), [refusal, refusal]);
    void cache.verify('known');
    assert.deepEqual(verifier.asked, ['known', 'a', 'a', 'known']);
  });

  test('closing closes the verifier', () => {
    cache.close();
    assert.equal(verifier.closed, true);
  });
});
