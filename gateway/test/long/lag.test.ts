import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GatewayProcess } from '../support/gateway.js';
import { refusedHandshake } from '../support/raw-client.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

const application = fileURLToPath(new URL('../support/application.js', import.meta.url));

/** An event loop that stands still for 3 s, as F25 of the fault matrix. */
describe('a gateway that stands still', { timeout: 60_000 }, () => {
  let gateway: GatewayProcess;
  before(async () => {
    gateway = await GatewayProcess.start({ HANDLERS: application, IDLE_TIMEOUT: '8', MAX_LAG: '200' });
  });
  after(() => gateway.kill());

  test('refuses newcomers for a while, keeps its tabs, and takes newcomers again', async () => {
    const tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor('ann') });
    tab.send('block', [3000]);
    tab.send('echo', ['still here'], 1);
    assert.deepEqual((await tab.next('echo')).details, ['still here']);
    const refused = await refusedHandshake(gateway.publicPort, {});
    assert.equal(refused.status, 503);
    assert.match(refused.body, /too much to do/);
    assert.match(refused.headers.get('retry-after')!, /^([1-9]|10)$/);
    assert.equal(await gateway.metric('tabcast_limits_hit_total{limit="lag"}'), 1);
    const token = await tokenFor('bob');
    const bob = await until(
      'newcomers to be welcome',
      () => TestTab.open(gateway.socketUrl, { token }),
      8000,
    );
    await gateway.send({ to: { users: ['ann', 'bob'] }, action: 'hi' });
    for (const one of [tab, bob]) await one.next('hi');
    assert.equal(tab.frames.filter(({ action }) => action === 'sys/welcome').length, 1);
    for (const one of [tab, bob]) await one.close();
  });
});
