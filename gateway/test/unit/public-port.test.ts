import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { capacityFor } from '../../src/limits/capacity.js';
import { Counters } from '../../src/metrics/counters.js';
import { PublicPort } from '../../src/socket/public-port.js';
import { uws } from '../../src/socket/uws.js';
import { CapturedLog } from '../support/captured-log.js';

test('a public port that leads to another app is open all the time, and does not say that it was not', async () => {
  const { log, lines } = new CapturedLog();
  const publicPort = new PublicPort(1000, log, new Counters());
  const port = publicPort.open(uws.App(), { host: '127.0.0.1', port: 0 });
  publicPort.leadTo(uws.App());
  assert.equal(await isOpen(port), true);
  assert.deepEqual(lines, []);
  publicPort.close();
});

describe('a public port that holds as many connections as it may', () => {
  const capacity = capacityFor(0, 100_000);
  let publicPort: PublicPort;
  let port: number;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    publicPort = new PublicPort(capacity.connections, new CapturedLog().log, new Counters());
    port = publicPort.open(uws.App(), { host: '127.0.0.1', port: 0 });
    for (let count = 0; count < capacity.connections; count++) publicPort.entered();
  });
  afterEach(() => {
    publicPort.close();
    mock.timers.reset();
  });

  function leave(count: number): void {
    for (let left = 0; left < count; left++) publicPort.left();
    mock.timers.tick(200);
  }

  test('is closed, and stays so while only some have gone', async () => {
    assert.equal(await isOpen(port), false);
    leave(99);
    assert.equal(await isOpen(port), false);
  });

  test('is open again when those have gone that were no tabs, although all tabs are still there', async () => {
    leave(capacity.connections - capacity.tabs);
    assert.equal(publicPort.connections, capacity.tabs);
    assert.equal(await isOpen(port), true);
  });

  test('that was closed for good stays so', async () => {
    publicPort.close();
    leave(capacity.connections);
    assert.equal(await isOpen(port), false);
  });
});

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const opened = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return opened;
}
