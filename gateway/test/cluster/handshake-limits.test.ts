import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { GatewayProcess } from '../support/gateway.js';
import { refusedHandshake, shakeHands } from '../support/raw-client.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';
import { type HttpAnswer, Wire } from '../support/wire.js';

/** Who is let in when there are too many: limits of the handshake, and whose address counts. */

/** Shakes hands with headers of one's own; the connection stays where a WebSocket has come of it. */
async function arrive(gateway: GatewayProcess, lines: string[] = [], prefix?: Uint8Array): Promise<Arrival> {
  const wire = await Wire.connect(gateway.publicPort);
  if (prefix !== undefined) wire.write(prefix);
  const head = ['GET /ws HTTP/1.1', 'Host: gateway.example', 'Upgrade: websocket', 'Connection: Upgrade'];
  const keys = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  const answer = await wire.ask([...head, ...keys, ...lines].join('\r\n'));
  return { answer, wire };
}

interface Arrival {
  readonly answer: HttpAnswer;
  readonly wire: Wire;
}

/** A PROXY header, version 2, for TCP over IPv4 (haproxy.org, proxy-protocol.txt §2.2). */
function proxyHeader(source: readonly number[]): Buffer {
  const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
  const [proxyStream, length, destination, ports] = [
    [0x21, 0x11],
    [0, 12],
    [127, 0, 0, 1],
    [0, 80, 0, 81],
  ];
  return Buffer.concat([
    signature,
    Buffer.from([...proxyStream, ...length, ...source, ...destination, ...ports]),
  ]);
}

const hit = (limit: string) => `tabcast_limits_hit_total{limit="${limit}"}`;

describe('new connections', { timeout: 60_000 }, () => {
  const gateways: GatewayProcess[] = [];
  async function start(options: Record<string, string>): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start({ ANONYMOUS: 'true', ...options });
    gateways.push(gateway);
    return gateway;
  }
  after(async () => {
    for (const gateway of gateways) await gateway.kill();
  });

  test('a storm passes as fast as it may; the rest is refused before its tokens are looked at, and told when to come', async () => {
    const gateway = await start({ HANDSHAKE_RATE: '1', HANDSHAKE_BURST: '3' });
    const tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor('ann') });
    const bad = { headers: { Authorization: 'Bearer nonsense' } };
    const statuses: number[] = [];
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      const { status, headers } = await refusedHandshake(gateway.publicPort, bad);
      statuses.push(status);
      if (status === 503) waits.push(Number(headers.get('retry-after')));
    }
    assert.deepEqual(statuses.slice(0, 3), [401, 401, 503]);
    assert.ok(waits.length >= 8, `${statuses}`);
    assert.ok(Math.max(...waits) <= 10 && new Set(waits).size > 5, `${waits}`);
    const verified = await gateway.metric('tabcast_tokens_total{outcome="malformed"}');
    assert.equal(verified, statuses.filter((status) => status === 401).length);
    assert.equal(await gateway.metric(hit('handshake-rate')), waits.length);
    assert.equal(await gateway.metric('tabcast_handshakes_total{outcome="handshake-rate"}'), waits.length);
    assert.equal((await gateway.send({ to: { user: 'ann' }, action: 'hi' })).status, 200);
    await tab.next('hi');
    await tab.close();
  });

  test('requests that are no handshakes, or come from a foreign page, take nobody a turn', async () => {
    const gateway = await start({ HANDSHAKE_RATE: '1', HANDSHAKE_BURST: '1' });
    for (let attempt = 0; attempt < 20; attempt++) {
      const headers = attempt % 2 === 0 ? { Upgrade: 'h2c' } : { Origin: 'https://evil.example' };
      const answer = await refusedHandshake(gateway.publicPort, { headers });
      assert.equal(answer.status, attempt % 2 === 0 ? 426 : 403);
    }
    assert.equal(await gateway.metric(hit('handshake-rate')), 0);
    await TestTab.open(gateway.socketUrl, {});
  });

  test('a full gateway says so, and has room again when a tab has gone', async () => {
    const gateway = await start({ MAX_TABS: '2' });
    assert.equal(await gateway.metric('tabcast_tabs_capacity'), 2);
    const tabs = [await TestTab.open(gateway.socketUrl, {}), await TestTab.open(gateway.socketUrl, {})];
    const refused = await refusedHandshake(gateway.publicPort, {});
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get('retry-after')!, /^([1-9]|10)$/);
    assert.match(refused.body, /as many tabs as it may hold/);
    await tabs[0]!.close();
    await until('room', async () => (await gateway.metric('tabcast_tabs')) === 1);
    await TestTab.open(gateway.socketUrl, {});
    assert.equal(await gateway.metric(hit('capacity')), 1);
  });

  test('handshakes that are refused or given up leave their place to others', async () => {
    const gateway = await start({ MAX_TABS: '1', MAX_TABS_PER_ADDRESS: '1' });
    for (let attempt = 0; attempt < 3; attempt++) {
      const bad = await refusedHandshake(gateway.publicPort, { headers: { Authorization: 'Bearer x' } });
      assert.equal(bad.status, 401);
    }
    const wire = await Wire.connect(gateway.publicPort);
    void shakeHands(wire, { headers: { Authorization: `Bearer ${await tokenFor('ann')}` } }).catch(() => {});
    wire.end();
    await until('the connection to go', async () => (await gateway.metric('tabcast_connections')) === 0);
    await TestTab.open(gateway.socketUrl, { token: await tokenFor('ann') });
  });

  describe('tabs of one address', () => {
    const limited = { MAX_TABS_PER_ADDRESS: '1' };
    const forwarded = (...lines: string[]) => lines.map((line) => `X-Forwarded-For: ${line}`);

    /** Statuses of arrivals one after the other, each of which stays. */
    async function statuses(gateway: GatewayProcess, ...arrivals: string[][]): Promise<number[]> {
      const all: number[] = [];
      for (const lines of arrivals) all.push((await arrive(gateway, lines)).answer.status);
      return all;
    }

    test('are told apart by what trusted proxies say', async () => {
      const gateway = await start({ ...limited, TRUSTED_PROXIES: '127.0.0.0/8,10.0.0.0/8' });
      assert.deepEqual(
        await statuses(
          gateway,
          forwarded('192.0.2.1'),
          forwarded('192.0.2.1'),
          forwarded('192.0.2.2, 10.0.0.1'),
          forwarded('192.0.2.2'),
          forwarded('2001:db8::1'),
          forwarded('2001:db8::2'),
        ),
        [101, 429, 101, 429, 101, 429],
      );
      assert.equal(await gateway.metric(hit('address')), 3);
    });

    test('are not told apart by what a client makes up, in the line before the one of the proxy either', async () => {
      const gateway = await start({ ...limited, TRUSTED_PROXIES: '127.0.0.1' });
      assert.deepEqual(
        await statuses(gateway, forwarded('192.0.2.8', '192.0.2.1'), forwarded('192.0.2.9', '192.0.2.1')),
        [101, 429],
      );
    });

    test('are one where nobody is trusted, whatever they claim', async () => {
      const gateway = await start(limited);
      assert.deepEqual(await statuses(gateway, forwarded('192.0.2.1'), forwarded('192.0.2.2')), [101, 429]);
      const claimed = await arrive(gateway, [], proxyHeader([192, 0, 2, 3]));
      assert.equal(claimed.answer.status, 429);
    });

    test('are told apart by the PROXY header of a trusted proxy', async () => {
      const gateway = await start({ ...limited, TRUSTED_PROXIES: '127.0.0.1' });
      const sources = [1, 1, 2].map((last) => proxyHeader([192, 0, 2, last]));
      const all: number[] = [];
      for (const source of sources) all.push((await arrive(gateway, [], source)).answer.status);
      assert.deepEqual(all, [101, 429, 101]);
    });

    test('get a new chance when one has gone', async () => {
      const gateway = await start(limited);
      const { wire } = await arrive(gateway);
      assert.deepEqual(await statuses(gateway, []), [429]);
      wire.end();
      await until('the tab to go', async () => (await gateway.metric('tabcast_tabs')) === 0);
      assert.deepEqual(await statuses(gateway, []), [101]);
    });
  });

  test('in a dry run limits are counted and refuse nobody', async () => {
    const gateway = await start({
      ...{ LIMITS_DRY_RUN: 'true', MAX_TABS: '1', MAX_TABS_PER_ADDRESS: '1' },
      ...{ HANDSHAKE_RATE: '1', HANDSHAKE_BURST: '1' },
    });
    for (let tab = 0; tab < 3; tab++) await TestTab.open(gateway.socketUrl, {});
    assert.equal(await gateway.metric(hit('capacity')), 2);
    assert.equal(await gateway.metric(hit('address')), 2);
    assert.equal(await gateway.metric('tabcast_handshakes_total{outcome="accepted"}'), 3);
    assert.ok((await gateway.metric(hit('handshake-rate')))! >= 1);
  });

  test('more tabs than open files allow: no start, and the remedy', async () => {
    const gateway = GatewayProcess.launch({ MAX_TABS: '9999999' });
    assert.equal(await gateway.exited(), 1);
    assert.match(gateway.errors, /max-tabs: 9999999 tabs need 10000511 open files, .* \(ulimit -n/);
  });
});
