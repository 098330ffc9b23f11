import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PerTest } from '../support/per-test.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** As rebalance.test.ts, for tabs that share sockets. */
describe('shared sockets that have to move', { timeout: 100_000 }, () => {
  const perTest = new PerTest({ HANDSHAKE_RATE: '100000', HANDSHAKE_BURST: '100000' });
  const start = (options: Record<string, string>) => perTest.start(options);

  test('after a second gateway has come, tabs that share sockets move together, and count as tabs', async () => {
    const crowded = await start({ REBALANCE: 'true' });
    const each = 5;
    const token = await tokenFor('ann');
    const sockets = await Promise.all(
      Array.from({ length: 40 }, () => SharedTestSocket.open(crowded.socketUrl)),
    );
    for (const socket of sockets) for (let count = 0; count < each; count++) await socket.openTab({ token });
    await start({ REBALANCE: 'true' });
    const codes: number[] = [];
    for (const { closed } of sockets) void closed.then(({ code }) => codes.push(code));
    await until('some to have moved', () => codes.length >= 3, 60_000);
    const shed = (await crowded.metric('tabcast_tabs_shed_total'))!;
    const gone = await crowded.metric('tabcast_tabs_closed_total{reason="moved"}');
    assert.ok(shed % each === 0 && shed <= 12 * each, `${shed}`);
    assert.ok(gone! % each === 0 && gone! >= codes.length * each, `${gone}`);
    assert.ok(codes.every((code) => code === 4005));
    for (const { socket } of sockets) socket.terminate();
  });
});
