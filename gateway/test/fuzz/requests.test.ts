import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Attacker, type Fate } from '../support/attacker.js';
import { fuzzSeed, Random } from '../support/random.js';
import { tokenFor } from '../support/tab.js';
import { hostileRequest } from './hostile-requests.js';
import { Victim } from './victim.js';

/** Ten thousand HTTP requests and handshakes that no client would send, to both ports of one gateway. */

const inputs = 10_000;
const attackers = 16;

describe('hostile requests', { timeout: 120_000 }, () => {
  let victim: Victim;
  let token: string;

  before(async () => {
    victim = await Victim.start({ TOKEN_COOKIE: 'token', TOKEN_QUERY: 'true', ANONYMOUS: 'true' });
    token = await tokenFor('mallory');
  });
  after(() => victim.close());

  /** Even ones attack the public port. */
  function attacker(index: number): Attacker {
    const { publicPort, internalPort } = victim.gateway;
    return new Attacker({
      port: index % 2 ? internalPort : publicPort,
      signal: (number) => {
        const echo = `/signal-${number}.`;
        return { bytes: Buffer.from(`GET ${echo} HTTP/1.1\r\nHost: a\r\n\r\n`), echo };
      },
    });
  }

  test('nothing and nobody is hurt', async (t) => {
    const seed = fuzzSeed();
    t.diagnostic(`FUZZ_SEED=${seed}`);
    const fates: Record<Fate, number> = { answered: 0, closed: 0, swallowed: 0 };
    const statuses = new Map<number, number>();
    const attack = async (first: number) => {
      const enemy = attacker(first);
      for (let number = first; number < inputs; number += attackers) {
        const random = new Random(seed + number);
        // uWebSockets cuts off whoever does not wait for the answer to a handshake.
        const { fate, answer } = await enemy.strike(hostileRequest(random, token), random.oneIn(2));
        fates[fate]++;
        for (const [, status] of answer.matchAll(/HTTP\/1\.1 (\d{3})/g))
          statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1);
      }
      enemy.leave();
    };
    await victim.withstand(Promise.all(Array.from({ length: attackers }, (_, first) => attack(first))));
    t.diagnostic(`connections: ${JSON.stringify(fates)}`);
    t.diagnostic(`answers: ${JSON.stringify(Object.fromEntries(statuses))}`);
    for (const status of [101, 200, 400, 401, 404, 413, 426])
      assert.ok(statuses.has(status), `never a ${status}`);
    // What is not HTTP/1.1, uWebSockets answers by itself.
    assert.deepEqual(
      [...statuses.keys()].filter((status) => status >= 500 && status !== 505),
      [],
    );
    await victim.expectUnhurt(t);
  });
});
