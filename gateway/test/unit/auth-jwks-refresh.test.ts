import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Fetch } from '../../src/auth/key-set.js';
import { CapturedLog } from '../support/captured-log.js';
import { keyPair, type Pair, present, refusal, sign, user, verifierWith } from '../support/tokens.js';

const first = keyPair('P-256');
const second = keyPair('P-256');
const minute = 60_000;
const url = 'https://id.example/keys';

/** An issuer without a socket, so that mocked timers see only ours. */
class Issuer {
  requests = 0;
  signal: AbortSignal | undefined;
  answer: () => Response | Promise<Response> = () => Response.error();

  readonly fetch: Fetch = async (input, init) => {
    assert.equal(input, url);
    this.requests += 1;
    this.signal = init!.signal!;
    return this.answer();
  };

  serve(pair: Pair, kid: string): void {
    this.answer = () => Response.json({ keys: [pair.jwk({ kid })] });
  }

  hang(): void {
    const aborted = new Promise<Response>((_, reject) => {
      this.answer = () => {
        this.signal!.addEventListener('abort', () => reject(this.signal!.reason));
        return aborted;
      };
    });
  }
}

async function connect(t: TestContext, issuer: Issuer) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const captured = new CapturedLog();
  const jwks = { url, fetch: issuer.fetch, now: () => present * 1000, log: captured.log };
  const verifier = await verifierWith({ jwks });
  t.after(() => verifier.close());
  return { captured, verifier };
}

function tokenOf({ privateKey }: Pair, kid: string): Promise<string> {
  return sign(privateKey, 'ES256', undefined, { kid });
}

describe('fetching in the background', () => {
  test('again after five minutes, give or take a tenth, whether or not tokens come', async (t) => {
    const issuer = new Issuer();
    issuer.serve(first, 'a');
    const { verifier } = await connect(t, issuer);
    for (let round = 1; round <= 3; round++) {
      assert.equal(user(await verifier.verify(await tokenOf(first, 'a'))), '42');
      t.mock.timers.tick(4.5 * minute - 1);
      assert.equal(issuer.requests, round);
      t.mock.timers.tick(minute + 1);
      assert.equal(issuer.requests, round + 1);
      await settled();
    }
  });

  test('a rotated key is there before its first token', async (t) => {
    const issuer = new Issuer();
    issuer.serve(first, 'a');
    const { verifier } = await connect(t, issuer);
    assert.equal(user(await verifier.verify(await tokenOf(first, 'a'))), '42');
    issuer.serve(second, 'b');
    t.mock.timers.tick(5.5 * minute);
    await settled();
    assert.equal(user(await verifier.verify(await tokenOf(second, 'b'))), '42');
    assert.equal(issuer.requests, 2);
  });

  test('30 s after a failure, until it succeeds', async (t) => {
    const issuer = new Issuer();
    const { captured, verifier } = await connect(t, issuer);
    for (let round = 1; round <= 3; round++) {
      await captured.line(round - 1);
      await settled();
      t.mock.timers.tick(26_999);
      assert.equal(issuer.requests, round);
      if (round === 3) issuer.serve(first, 'a');
      t.mock.timers.tick(6_001);
      assert.equal(issuer.requests, round + 1);
    }
    assert.equal(user(await verifier.verify(await tokenOf(first, 'a'))), '42');
  });
});

describe('a download that hangs', () => {
  test('is ended after 5 s, and tried again 30 s later', async (t) => {
    const issuer = new Issuer();
    issuer.hang();
    const { captured } = await connect(t, issuer);
    t.mock.timers.tick(4_999);
    assert.equal(issuer.signal!.aborted, false);
    t.mock.timers.tick(1);
    assert.equal(issuer.signal!.aborted, true);
    await captured.line(0);
    await settled();
    t.mock.timers.tick(33_000);
    assert.equal(issuer.requests, 2);
  });
});

describe('closing', () => {
  test('ends a download under way, and the tokens that wait for it', async (t) => {
    const issuer = new Issuer();
    issuer.hang();
    const { captured, verifier } = await connect(t, issuer);
    const verdict = verifier.verify(await tokenOf(first, 'a'));
    verifier.close();
    assert.equal(refusal(await verdict), 'keys-unavailable');
    assert.equal(issuer.signal!.aborted, true);
    assert.deepEqual(captured.lines, [], 'closing is no failure');
  });

  test('nothing is fetched afterwards, by time or by token', async (t) => {
    const issuer = new Issuer();
    issuer.serve(first, 'a');
    const { verifier } = await connect(t, issuer);
    assert.equal(user(await verifier.verify(await tokenOf(first, 'a'))), '42');
    verifier.close();
    verifier.close();
    t.mock.timers.tick(60 * minute);
    assert.equal(refusal(await verifier.verify(await tokenOf(second, 'b'))), 'signature');
    assert.equal(issuer.requests, 1);
  });

  test('a process that has forgotten to close ends all the same', async () => {
    const script = `
      import { importKeys } from ${JSON.stringify(new URL('../../src/auth/keys.js', import.meta.url).href)};
      const jwks = { url: '${url}', fetch: async () => Response.json({}), now: Date.now, log: { warn() {} } };
      const { keys } = await importKeys({ secrets: [], publicKeys: [], jwks });
      keys.open();`;
    const options = { timeout: 20_000 };
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], options);
  });
});

/** Lets promises that are ready run on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
