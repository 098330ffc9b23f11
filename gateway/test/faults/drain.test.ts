import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventsOf } from '../support/events.js';
import { apiKey, type GatewayProcess } from '../support/gateway.js';
import { hintOf, openMany } from '../support/leaving-tabs.js';
import { faultsIn } from '../support/ledger.js';
import { PerTest } from '../support/per-test.js';
import { shakeHands } from '../support/raw-client.js';
import { nodesOf } from '../support/roster.js';
import { distanceFromEven } from '../support/spread.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { Traffic } from '../support/traffic.js';
import { until } from '../support/until.js';
import { Wire } from '../support/wire.js';

/** How a gateway leaves: unready at once, then accepting for a while longer, then one tab after the other, then 0. */
describe('a gateway that is asked to go', { timeout: 60_000 }, () => {
  const perTest = new PerTest();
  const start = (options?: Record<string, string>) => perTest.start(options);

  async function open(gateway: GatewayProcess, user = 'ann'): Promise<TestTab> {
    return perTest.keep(await TestTab.open(gateway.socketUrl, { token: await tokenFor(user) }));
  }

  const isDraining = async (gateway: GatewayProcess) => {
    const answer = await gateway.api('/readyz');
    return answer.status === 503 && ((await answer.json()) as { status: string }).status === 'draining';
  };

  /** Whether a TCP connection to the public port is taken. */
  function accepts(gateway: GatewayProcess): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(gateway.publicPort, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }

  test('sends its tabs away one after the other, and nobody who is connected misses anything', async () => {
    const leaving = await start({ DRAIN_LAME_DUCK: '1000', DRAIN_WINDOW: '1500' });
    const staying = await start();
    const [going, witnesses] = [await openMany(perTest, leaving, 40), await openMany(perTest, staying, 2)];
    const [there, here] = [leaving, staying].map(
      (gateway) => new Traffic([{ gateway, to: { user: 'ann' } }]),
    ) as [Traffic, Traffic];
    const order: TestTab[] = [];
    const move = async (tab: TestTab) => {
      await tab.closed;
      order.push(tab);
      return open(staying);
    };
    const moves = going.map(move);

    void leaving.kill('SIGTERM');
    await until('it to be unready', () => isDraining(leaving));
    const late = await open(leaving);
    going.push(late);
    moves.push(move(late));
    const hints = await Promise.all(going.map(hintOf));
    await until('the port to be closed', async () => !(await accepts(leaving)));
    const moved = await Promise.all(moves);
    assert.equal(await leaving.exited(), 0);
    assert.equal(leaving.errors, '');
    for (const { closed } of going) assert.deepEqual(await closed, { code: 4000, reason: 'shutdown' });
    assert.ok(distanceFromEven(hints, 1500) < 0.1, `${hints}`);
    assert.deepEqual(misplaced(going, hints, order), []);

    // All but the one that met a closed port: sends were taken until the end.
    await there.stop();
    await here.stop();
    await fence(staying, [...moved, ...witnesses]);
    const sends = [...there.sends, ...here.sends];
    assert.deepEqual(
      sends.filter(({ outcome }) => outcome === 'refused'),
      [],
    );
    const heard = witnesses.map((tab) => ({
      tab: 'a witness',
      gateway: staying.id,
      events: eventsOf(tab.frames),
    }));
    assert.deepEqual(faultsIn(sends, heard), []);
    for (const tab of [...going, ...moved]) assert.deepEqual(gapsIn(messagesOf(tab)), []);
    assert.ok(messagesOf(late).length > 0);
  });

  test('says how far it is; a second signal hurries it', async () => {
    const leaving = await start({ DRAIN_WINDOW: '600000' });
    const going = await openMany(perTest, leaving, 4);
    void leaving.kill('SIGTERM');
    await Promise.all(going.map(hintOf));
    assert.equal(await leaving.metric('tabcast_drain_remaining'), 4);
    assert.equal(await leaving.metric('tabcast_drain_progress_ratio'), 0);
    await until('the roster to say so', async () => {
      const { gateways: roster } = await nodesOf(leaving);
      return roster.find(({ id }) => id === leaving.id)?.state === 'draining';
    });
    await going[0]!.close();
    await until('one to be gone', async () => (await leaving.metric('tabcast_drain_remaining')) === 3);
    assert.equal(await leaving.metric('tabcast_drain_progress_ratio'), 0.25);
    await anotherSignal();
    await leaving.kill('SIGTERM');
    assert.equal(await leaving.exited(), 0);
    for (const tab of going.slice(1)) assert.deepEqual(await tab.closed, { code: 4000, reason: 'shutdown' });
  });

  test('hurries out of its lame duck too', async () => {
    const leaving = await start({ DRAIN_LAME_DUCK: '300000', DRAIN_WINDOW: '600000' });
    const tab = await open(leaving);
    void leaving.kill('SIGTERM');
    await until('it to be unready', () => isDraining(leaving));
    await anotherSignal();
    await leaving.kill('SIGTERM');
    assert.equal(await leaving.exited(), 0);
    assert.equal((await tab.closed).code, 4000);
    assert.ok(tab.frames.every(({ action }) => action !== 'sys/reconnect'));
  });

  test('does not wait for the end of its window when nobody is left', async () => {
    const leaving = await start({ DRAIN_WINDOW: '600000' });
    const going = await openMany(perTest, leaving, 3);
    const ended = leaving.kill('SIGTERM');
    await Promise.all(going.map(hintOf));
    for (const tab of going) await tab.close();
    await ended;
    assert.equal(await leaving.exited(), 0);
  });

  test('is not held up by a client that never answers the close', async () => {
    const leaving = await start();
    const wire = await Wire.connect(leaving.publicPort);
    await shakeHands(wire, { headers: { Authorization: `Bearer ${await tokenFor('ann')}` } });
    await until('its tab', async () => (await leaving.metric('tabcast_tabs')) === 1);
    await leaving.kill('SIGTERM');
    assert.equal(await leaving.exited(), 0);
    wire.end();
  });

  test('answers the request that is under way, and gives up on one that never ends at a third signal', async () => {
    const [leaving, staying] = [await start(), await start()];
    const witness = await open(staying);
    const request = await beginSend(leaving);
    void leaving.kill('SIGTERM');
    await until('its own port to be closed', () =>
      leaving.api('/healthz').then(
        () => false,
        () => true,
      ),
    );
    request.finish();
    const { status, headers } = await request.answer;
    assert.deepEqual([status, headers.get('connection')], [200, 'close']);
    await witness.next('late');
    assert.equal(await leaving.exited(), 0);

    const stuck = await beginSend(staying);
    const unanswered = assert.rejects(stuck.answer);
    for (let signals = 0; signals < 3; signals++) {
      void staying.kill('SIGTERM');
      await anotherSignal();
    }
    assert.equal(await staying.exited(), 1);
    await unanswered;
  });

  test('over the API of any gateway, as by SIGTERM', async () => {
    const [leaving, staying] = [await start({ DRAIN_WINDOW: '500' }), await start()];
    const tab = await open(leaving);
    const drain = (id: string) => staying.api(`/v1/nodes/${id}/drain`, { method: 'POST' });
    const unknown = await drain('nobody');
    assert.deepEqual([unknown.status, ((await unknown.json()) as { code: string }).code], [404, 'not-found']);
    const answer = await drain(leaving.id);
    assert.deepEqual([answer.status, await answer.json()], [202, { gateway: leaving.id }]);
    assert.ok((await hintOf(tab)) <= 500);
    assert.deepEqual(await tab.closed, { code: 4000, reason: 'shutdown' });
    assert.equal(await leaving.exited(), 0);
    await until('it to be off the roster', async () => (await drain(leaving.id)).status === 404);
  });

  /** Several signals within 100 ms count as one. */
  const anotherSignal = () => pause(150);

  /** Everything that was sent to the tabs through this gateway before has arrived when this has. */
  async function fence(gateway: GatewayProcess, audience: readonly TestTab[]): Promise<void> {
    await gateway.send({ to: { user: 'ann' }, action: 'fence' });
    await Promise.all(audience.map((tab) => tab.next('fence')));
  }
});

/** A send whose body is only half there. */
async function beginSend(gateway: GatewayProcess) {
  const body = JSON.stringify({ to: { user: 'ann' }, action: 'late' });
  const wire = await Wire.connect(gateway.internalPort);
  const head = [
    ...['POST /v1/send HTTP/1.1', 'Host: a', `Authorization: Bearer ${apiKey}`],
    `Content-Length: ${body.length}`,
  ];
  const answer = wire.ask(head.join('\r\n'), body.slice(0, 5));
  return { answer, finish: () => wire.write(body.slice(5)) };
}

interface Message {
  readonly stream: string;
  readonly number: number;
}

function messagesOf({ frames }: TestTab): Message[] {
  return frames
    .filter(({ action }) => action === 'count')
    .map(({ details }) => ({ stream: details[0] as string, number: details[1] as number }));
}

/** Where the numbers of a stream do not follow one another. */
function gapsIn(messages: readonly Message[]): string[] {
  const latest = new Map<string, number>();
  return messages.flatMap(({ stream, number }) => {
    const before = latest.get(stream);
    latest.set(stream, number);
    return before === undefined || number === before + 1 ? [] : [`${stream}: ${number} after ${before}`];
  });
}

/** Tabs that closed before others that were told a time much sooner: a busy gateway tells some a quarter of a second after others. */
function misplaced(tabs: readonly TestTab[], hints: readonly number[], order: readonly TestTab[]): string[] {
  const told = order.map((tab) => hints[tabs.indexOf(tab)]!);
  return told.flatMap((time, index) => {
    const later = told.slice(index + 1).filter((other) => other < time - 500);
    return later.map((other) => `${time} before ${other}`);
  });
}
