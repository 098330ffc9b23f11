import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayProcess, secret } from '../support/gateway.js';
import { TestTab } from '../support/tab.js';
import { sign } from '../support/tokens.js';

/** A thousand tokens that expire in the same second. */

const tabs = 1000;
const grace = 3000;

describe('tokens that expire together', () => {
  test('half of the tabs refresh and stay, the others go with 4002, none before its time', async (t) => {
    const gateway = await GatewayProcess.start({ TOKEN_GRACE: String(grace), HANDSHAKE_RATE: '0' });
    t.after(() => gateway.kill());
    const expires = (Math.floor(Date.now() / 1000) + 8) * 1000;
    const tokenOf = (user: string, exp: number) => sign(secret, 'HS256', { sub: user, exp: exp / 1000 });
    const users = Array.from({ length: tabs }, (_, i) => `user ${i}`);
    const all = await Promise.all(
      users.map(async (user) => TestTab.open(gateway.socketUrl, { token: await tokenOf(user, expires) })),
    );
    assert.ok(Date.now() < expires, 'too slow: some may have expired before all were open');

    const hinted = await Promise.all(
      all.map(async (tab) => {
        const { details } = await tab.next('sys/expired');
        return { at: Date.now(), closesIn: (details[0] as { closesIn: number }).closesIn };
      }),
    );
    for (const { at, closesIn } of hinted) {
      assert.ok(at >= expires);
      assert.ok(closesIn >= 0 && closesIn <= grace, `${closesIn}`);
    }
    const [saved, left] = [all.slice(0, tabs / 2), all.slice(tabs / 2)];
    for (const [index, tab] of saved.entries())
      tab.send('sys/auth', [await tokenOf(users[index]!, expires + 600_000)]);
    await Promise.all(saved.map((tab) => tab.next('sys/auth')));

    const closed = await Promise.all(
      left.map(async (tab) => {
        assert.deepEqual(await tab.closed, { code: 4002, reason: 'token-expired' });
        return Date.now() - expires;
      }),
    );
    assert.ok(closed.every((late) => late >= grace));
    t.diagnostic(`hints ${spread(hinted.map(({ at }) => at - expires))} ms after the expiry`);
    t.diagnostic(`closes ${spread(closed)} ms after the expiry, at a grace of ${grace} ms`);

    await gateway.send({ to: { registered: true }, action: 'alive' });
    for (const tab of saved) await tab.next('alive');
    assert.equal(await gateway.metric('tabcast_tabs'), tabs / 2);
    assert.equal(await gateway.metric('tabcast_tabs_closed_total{reason="token-expired"}'), tabs / 2);
    for (const tab of all)
      assert.equal(tab.frames.filter(({ action }) => action === 'sys/expired').length, 1);
  });
});

function spread(times: readonly number[]): string {
  return `${Math.min(...times)} to ${Math.max(...times)}`;
}
