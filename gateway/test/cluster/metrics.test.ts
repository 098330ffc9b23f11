import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { roundTripMetric, webhookMetric } from '../../src/metrics/page.js';
import { metricTable } from '../../src/metrics/table.js';
import { GatewayProcess, secret } from '../support/gateway.js';
import { RawClient, refusedHandshake, shakeHands } from '../support/raw-client.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab } from '../support/tab.js';
import { sign } from '../support/tokens.js';
import { until } from '../support/until.js';
import { Wire } from '../support/wire.js';

/** The metrics page: everything is there, nothing grows without bound, and each counter moves when its event happens. */

const labels = (name: string, values: string[], label = 'outcome') =>
  values.map((value) => `${name}{${label}="${value}"}`);

describe('metrics', () => {
  let redis: RedisServer;
  let gateway: GatewayProcess;

  before(async () => {
    redis = await startRedis();
    gateway = await GatewayProcess.start({
      REDIS_URL: redis.url,
      REDIS_PROBE_INTERVAL: '100',
      AUTH_TIMEOUT: '500',
      TOKEN_GRACE: '0',
      TOKEN_AUDIENCES: 'tests',
    });
  });

  after(async () => {
    await gateway.kill('SIGTERM');
    await redis.close();
  });

  const now = () => Math.floor(Date.now() / 1000);
  const page = async () => (await gateway.api('/metrics')).text();
  const token = (claims: object = {}) =>
    sign(secret, 'HS256', { sub: 'mia', aud: 'tests', exp: now() + 600, join: ['*'], ...claims });
  const open = async () => TestTab.open(gateway.socketUrl, { token: await token() });

  /** Fails unless the event adds exactly this much to each of the metrics. */
  async function expectMoved(expected: Record<string, number>, event: () => Promise<unknown>): Promise<void> {
    const names = Object.keys(expected);
    const values = async () =>
      Promise.all(names.map(async (name) => (await gateway.metric(name)) ?? Number.NaN));
    const before = await values();
    await event();
    const wanted = names.map((name, index) => before[index]! + expected[name]!);
    const reached = async () => (await values()).every((value, index) => value >= wanted[index]!);
    await until(`${names} to move`, reached);
    assert.deepEqual(await values(), wanted, names.join());
  }

  test('every metric of the table is there, with its help and its type', async () => {
    const text = await page();
    for (const { name, help, type } of metricTable) {
      assert.ok(text.includes(`# HELP ${name} ${help}\n`), name);
      assert.ok(text.includes(`# TYPE ${name} ${type}\n`), name);
      assert.match(text, new RegExp(`^${name}(\\{[^}]*\\})? \\d`, 'm'), name);
    }
    const ours = [...text.matchAll(/^# TYPE (tabcast_\S+)/gm)].map(([, name]) => name);
    const known = [...metricTable.map(({ name }) => name), roundTripMetric.name, webhookMetric.name];
    assert.deepEqual(ours.toSorted(), known.toSorted());
    for (const usual of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds'])
      assert.match(text, new RegExp(`^${usual} `, 'm'));
  });

  test('what clients and backends name becomes no series', async () => {
    const names = Array.from({ length: 50 }, (_, n) => `mark-${n}`);
    const tab = await open();
    const series = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const before = series(await page()).length;
    for (const name of names) {
      tab.send('sys/join', [name]);
      tab.send(name);
      await tab.next(`${name}:error`);
      await gateway.send({ to: { users: [name, `${name}-too`], group: name }, action: name });
      await gateway.api(`/${name}`);
    }
    const text = await page();
    assert.doesNotMatch(text, /mark-/);
    assert.equal(series(text).length, before);
    assert.ok(before < 500, `${before}`);
    await tab.close();
  });

  test('tabs and channels, up and down', async () => {
    const [tabs, channels] = ['tabcast_tabs', 'tabcast_channels'];
    await until('the tabs of other tests to go', async () => (await gateway.metric(tabs)) === 0);
    const tab = await open();
    tab.send('sys/join', ['one more']);
    await tab.next('sys/join');
    assert.equal(await gateway.metric(tabs), 1);
    assert.equal(await gateway.metric(channels), 4);
    await tab.close();
    await until('none', async () => (await gateway.metric(tabs)) === 0);
    assert.equal(await gateway.metric(channels), 0);
  });

  describe('handshakes', () => {
    const rows: [outcome: string, headers: () => Promise<Record<string, string>> | Record<string, string>][] =
      [
        ['request', () => ({ Upgrade: 'h2c' })],
        ['request', () => ({ 'Sec-WebSocket-Version': '8' })],
        ['origin', () => ({ Origin: 'https://evil.example' })],
        ['token', () => ({ Authorization: 'Bearer nonsense' })],
        ['accepted', async () => ({ Authorization: `Bearer ${await token()}` })],
      ];
    for (const [outcome, headers] of rows)
      test(outcome, () =>
        expectMoved({ [`tabcast_handshakes_total{outcome="${outcome}"}`]: 1 }, async () =>
          refusedHandshake(gateway.publicPort, { headers: await headers() }),
        ),
      );

    test('accepted ones are opened tabs', () =>
      expectMoved(
        { tabcast_tabs_opened_total: 1, 'tabcast_handshakes_total{outcome="accepted"}': 1 },
        async () => (await open()).close(),
      ));
  });

  describe('tokens', () => {
    const rows: [outcome: string, make: () => Promise<string> | string][] = [
      ['accepted', () => token()],
      ['too-long', () => 'x'.repeat(8193)],
      ['malformed', () => 'nonsense'],
      ['signature', () => sign('x'.repeat(32), 'HS256', { sub: 'mia', exp: now() + 600 })],
      ['expired', () => token({ exp: now() - 60 })],
      ['not-yet-valid', () => token({ nbf: now() + 60 })],
      ['claims', () => token({ aud: 'somebody else' })],
    ];
    for (const [outcome, make] of rows)
      for (const way of ['handshake', 'frame'])
        test(`${outcome}, in a ${way}`, async () => {
          const shown = await make();
          await expectMoved({ [`tabcast_tokens_total{outcome="${outcome}"}`]: 1 }, async () => {
            if (way === 'handshake')
              return refusedHandshake(gateway.publicPort, { headers: { Authorization: `Bearer ${shown}` } });
            const client = await RawClient.connect(gateway.publicPort);
            client.send(JSON.stringify({ action: 'sys/auth', details: [shown] }));
            await client.next();
            client.vanish();
          });
        });
  });

  describe('closed tabs', () => {
    const closed = (reason: string, event: () => Promise<unknown>) =>
      test(reason, () => expectMoved({ [`tabcast_tabs_closed_total{reason="${reason}"}`]: 1 }, event));
    /** A connection that has to bring its token yet. */
    const prove = async (...frames: string[]) => {
      const client = await RawClient.connect(gateway.publicPort);
      for (const frame of frames) client.send(frame);
      await client.closed;
    };

    closed('client', async () => (await open()).close());
    closed('lost', async () => (await open()).socket.terminate());
    closed('auth-timeout', () => prove());
    closed('token-refused', () => prove('{"action":"sys/auth","details":["nonsense"]}'));
    closed('too-early', () => prove(...Array.from({ length: 33 }, () => '{"action":"hello"}')));
    closed('malformed', () => prove('x', 'x', 'x'));
    closed('token-expired', async () => {
      const tab = await TestTab.open(gateway.socketUrl, { token: await token({ exp: now() + 1 }) });
      assert.equal((await tab.closed).code, 4002);
    });
    closed('protocol', async () => {
      const wire = await Wire.connect(gateway.publicPort);
      await shakeHands(wire);
      const reservedBit = [0xc1, 0x81, 1, 2, 3, 4, 5];
      wire.write(Buffer.from(reservedBit));
      await wire.closed;
    });
  });

  test('frames by kind', async () => {
    const tab = await open();
    const [action, system, malformed] = labels(
      'tabcast_frames_received_total',
      ['action', 'system', 'malformed'],
      'kind',
    );
    await expectMoved({ [action!]: 2, [system!]: 3, [malformed!]: 1 }, async () => {
      for (const name of ['a', 'sys/join', 'b', 'sys/nothing', 'sys/leave']) tab.send(name);
      tab.socket.send('x');
      await tab.next('sys/frame:error');
    });
    await tab.close();
  });

  test('publications by kind of channel, deliveries and their bytes', async () => {
    const tabs = [await open(), await open()];
    for (const tab of tabs) {
      tab.send('sys/join', ['blue']);
      await tab.next('sys/join');
    }
    const kinds = labels(
      'tabcast_publications_total',
      ['all', 'registered', 'user', 'group', 'gateway'],
      'kind',
    );
    const frame = '{"action":"x","details":["grün"]}';
    const targets = [
      { all: true },
      { registered: true },
      { user: 'mia' },
      { group: 'blue' },
      { connection: tabs[0]!.connection },
    ];
    const expected = {
      ...Object.fromEntries(kinds.map((kind) => [kind, 1])),
      tabcast_deliveries_total: 9,
      tabcast_delivered_bytes_total: 9 * Buffer.byteLength(frame),
    };
    await expectMoved(expected, () =>
      gateway.send(targets.map((to) => ({ to, action: 'x', details: ['grün'] }))),
    );
    for (const tab of tabs) await tab.close();
  });

  test('sends by outcome', async () => {
    const [accepted, invalid, conflict] = labels('tabcast_sends_total', ['accepted', 'invalid', 'conflict']);
    const one = { to: { user: 'mia' }, action: 'x' };
    await expectMoved({ [accepted!]: 3 }, () => gateway.send([one, one, one]));
    await expectMoved({ [invalid!]: 1 }, () => gateway.send([one, {}]));
    await expectMoved({ [accepted!]: 1, [conflict!]: 1 }, async () => {
      await gateway.send(one, { 'idempotency-key': 'k' });
      await gateway.send({ ...one, action: 'y' }, { 'idempotency-key': 'k' });
    });
  });

  test('orders by kind, and questions by outcome', async () => {
    const tab = await open();
    const [describe, answer, put, remove, close] = labels(
      'tabcast_orders_total',
      ['describe', 'answer', 'put', 'remove', 'close'],
      'kind',
    );
    const [complete] = labels('tabcast_questions_total', ['complete']);
    await expectMoved({ [describe!]: 1, [answer!]: 1, [complete!]: 1 }, () => gateway.api('/v1/users/mia'));
    const member = '/v1/groups/blue/users/mia';
    await expectMoved({ [put!]: 1, [remove!]: 1 }, async () => {
      for (const method of ['PUT', 'DELETE']) await gateway.api(member, { method });
    });
    const body = JSON.stringify({ user: 'mia', code: 4900 });
    const [application] = labels('tabcast_tabs_closed_total', ['application'], 'reason');
    await expectMoved({ [close!]: 1, [application!]: 1 }, () =>
      gateway.api('/v1/disconnect', { method: 'POST', body }),
    );
    await tab.closed;
  });

  test('the round trip is measured again and again', async () => {
    const count = async () => (await gateway.metric('tabcast_broker_round_trip_seconds_count'))!;
    const before = await count();
    await until('another round trip', async () => (await count()) > before);
  });

  test('a broker that is lost and comes back', async () => {
    assert.equal(await gateway.metric('tabcast_broker_live'), 1);
    const [unavailable] = labels('tabcast_sends_total', ['unavailable']);
    await expectMoved({ tabcast_broker_losses_total: 1, [unavailable!]: 1 }, async () => {
      await redis.kill();
      await until('the loss to be noticed', async () => (await gateway.metric('tabcast_broker_live')) === 0);
      assert.equal((await gateway.send({ to: { all: true }, action: 'x' })).status, 503);
    });
    await redis.restart();
    await until('the broker to be live', async () => (await gateway.metric('tabcast_broker_live')) === 1);
  });
});
