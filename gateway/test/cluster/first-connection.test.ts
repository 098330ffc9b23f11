import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayProcess } from '../support/gateway.js';
import { TestTab, tokenFor } from '../support/tab.js';

/**
 * A cork around an awaited upgrade made uWebSockets close the new connection now and then, and nearly always the first
 * one of a process (uNetworking/uWebSockets#1929).
 */
test('no connection is lost between the handshake and the welcome, not even the first of a gateway', async () => {
  for (let round = 0; round < 5; round++) {
    const gateway = await GatewayProcess.start();
    const token = await tokenFor('ann');
    for (let number = 0; number < 20; number++) {
      const tab = TestTab.connect(gateway.socketUrl, { token });
      const { connection } = await tab.welcome();
      assert.ok(connection.startsWith(gateway.id));
      await tab.close();
    }
    assert.doesNotMatch(gateway.errors, /cork/, 'uWebSockets warns of writes outside of a cork');
    await gateway.kill('SIGTERM');
  }
});
