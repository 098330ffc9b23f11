import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GatewayProcess } from '../support/gateway.js';
import { type Behaviour, KeySetServer } from '../support/key-set-server.js';
import { refusedHandshake } from '../support/raw-client.js';
import { TestTab } from '../support/tab.js';
import { keyPair, sign } from '../support/tokens.js';

/**
 * An issuer that is away, slow or lies, as its tabs see it: those whose key is known notice nothing. All that the issuer
 * is asked is counted.
 */

const known = keyPair('P-256');
const unknown = keyPair('P-256');
const options = (issuer: KeySetServer) => ({ TOKEN_SECRETS: '', TOKEN_JWKS_URL: issuer.url });

function tokenOf({ privateKey }: typeof known, sub: string, kid: string): Promise<string> {
  return sign(privateKey, 'ES256', { sub, exp: Math.floor(Date.now() / 1000) + 600 }, { kid });
}

async function statusOf(gateway: GatewayProcess, token: string): Promise<number> {
  const handshake = { headers: { Authorization: `Bearer ${token}` } };
  return (await refusedHandshake(gateway.publicPort, handshake)).status;
}

const readiness = async (gateway: GatewayProcess) => {
  const answer = await gateway.api('/readyz');
  return [answer.status, ((await answer.json()) as { status: string }).status];
};

describe('an issuer that is away when a gateway starts', () => {
  test('not ready, tokens get 503; ready with the first key set, and from then on whatever becomes of it', async (t) => {
    const issuer = await KeySetServer.start(known.jwk({ kid: 'a' }));
    issuer.behaviour = 'error';
    const gateway = await GatewayProcess.start(options(issuer));
    t.after(async () => {
      await gateway.kill();
      await issuer.close();
    });
    assert.deepEqual(await readiness(gateway), [503, 'starting']);
    issuer.behaviour = 'ok';
    const tab = await TestTab.open(gateway.socketUrl, { token: await tokenOf(known, 'ann', 'a') });
    assert.deepEqual(await readiness(gateway), [200, 'ready']);
    issuer.behaviour = 'error';
    assert.equal(await statusOf(gateway, await tokenOf(unknown, 'ann', 'b')), 401);
    assert.deepEqual(await readiness(gateway), [200, 'ready']);
    await tab.close();
  });
});

describe('an issuer that fails later', { concurrency: true }, () => {
  for (const behaviour of ['hang', 'drip', 'endless', 'error'] satisfies Behaviour[])
    describe(behaviour, () => {
      let issuer: KeySetServer;
      let gateway: GatewayProcess;

      before(async () => {
        issuer = await KeySetServer.start(known.jwk({ kid: 'a' }));
        gateway = await GatewayProcess.start(options(issuer));
      });
      after(async () => {
        await gateway.kill();
        await issuer.close();
      });

      test('a flood of unknown keys asks it once, and delays nobody else', async () => {
        assert.equal(await statusOf(gateway, await tokenOf(known, 'first', 'a')), 101);
        assert.equal(issuer.requests, 1);
        issuer.behaviour = behaviour;
        let answered = 0;
        const flood = Array.from({ length: 100 }, async (_, i) => {
          const status = await statusOf(gateway, await tokenOf(unknown, 'eve', `unknown ${i}`));
          answered++;
          return status;
        });
        const asked = issuer.asked();
        if (issuer.requests === 1) await asked;
        const tabs = Array.from({ length: 20 }, async (_, i) =>
          TestTab.open(gateway.socketUrl, { token: await tokenOf(known, `user ${i}`, 'a') }),
        );
        for (const tab of await Promise.all(tabs)) await tab.close();
        // The others are still waiting for an answer that they will not get.
        if (behaviour === 'hang' || behaviour === 'drip') assert.equal(answered, 0);
        // A handshake is given up at the same moment as the download that it waits for.
        for (const status of await Promise.all(flood))
          assert.ok(status === 401 || status === 503, `${status}`);
        assert.equal(issuer.requests, 2);
      });
    });
});
