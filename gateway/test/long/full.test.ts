import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayProcess } from '../support/gateway.js';
import { TestTab } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * A gateway that may have 600 open files, and so 88 tabs and 472 connections (see limits/capacity.ts), meets 1,000
 * clients. At the limit of open files uSockets would try to accept for ever, with all of a core.
 */
const openFiles = 600;
const tabs = 88;
const connections = 472;

const handshake = [
  ...['GET /ws HTTP/1.1', 'Host: a', 'Upgrade: websocket', 'Connection: Upgrade'],
  ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '\r\n'],
].join('\r\n');

/** Connections that all begin at once, and say the same when they are open. */
class Crowd {
  readonly sockets: Socket[];
  /** First line of the answer, or the error; how often each. */
  readonly answers: Record<string, number> = {};
  open = 0;

  constructor(size: number, port: number, words: string) {
    this.sockets = Array.from({ length: size }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        this.open++;
        socket.once('close', () => this.open--);
        if (words !== '') socket.write(words);
      });
      socket.once('data', (bytes) => this.#count(bytes.toString().slice(0, 'HTTP/1.1 xxx'.length)));
      socket.once('error', (error: NodeJS.ErrnoException) => this.#count(String(error.code)));
      return socket;
    });
  }

  get answered(): number {
    return Object.values(this.answers).reduce((total, count) => total + count, 0);
  }

  disperse(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  #count(answer: string): void {
    this.answers[answer] = (this.answers[answer] ?? 0) + 1;
  }
}

describe('a gateway that is full', { timeout: 120_000 }, () => {
  let gateway: GatewayProcess;
  let crowd: Crowd;

  beforeEach(async () => {
    gateway = GatewayProcess.launch({ ANONYMOUS: 'true' }, [], openFiles);
    await gateway.listening();
  });
  afterEach(async () => {
    crowd.disperse();
    await gateway.kill();
  });

  const files = () => readdirSync(`/proc/${gateway.pid}/fd`).length;

  /** The part of a core that the gateway uses over the next seconds. */
  async function load(): Promise<number> {
    const used = async () => (await gateway.metric('process_cpu_seconds_total'))!;
    const [before, since] = [await used(), performance.now()];
    await pause(3000);
    return ((await used()) - before) / ((performance.now() - since) / 1000);
  }

  async function expectCalm(): Promise<void> {
    const used = await load();
    assert.ok(used < 0.2, `${(used * 100).toFixed()} % of a core`);
  }

  test('1,000 handshakes at once: as many tabs as it may hold, an answer for the others, calm, and room later', async () => {
    const before = files();
    crowd = new Crowd(1000, gateway.publicPort, handshake);
    await until('every client to be answered', () => crowd.answered === 1000, 20_000);
    assert.equal(crowd.answers['HTTP/1.1 101'], tabs);
    assert.ok(crowd.answers['HTTP/1.1 503']! >= connections - tabs, JSON.stringify(crowd.answers));
    assert.equal(await gateway.metric('tabcast_tabs'), tabs);
    await expectCalm();
    assert.equal((await gateway.send({ to: { all: true }, action: 'hi' })).status, 200);
    crowd.disperse();
    await until('all to have gone', async () => (await gateway.metric('tabcast_connections')) === 0);
    await TestTab.open(gateway.socketUrl, {}).then((tab) => tab.close());
    await until('no file to be left open', () => files() <= before + 2);
  });

  test('1,000 connections that say nothing: it closes its port, is calm, ends them after 10 s, and is open again', async () => {
    const resident = await TestTab.open(gateway.socketUrl, {});
    crowd = new Crowd(1000, gateway.publicPort, '');
    const begun = performance.now();
    await gateway.line(({ msg }) => /^the public port is closed/.test(msg));
    assert.equal(await gateway.metric('tabcast_connections'), connections);
    assert.ok(files() < openFiles - 64, 'some are left for Redis and the internal port');
    await expectCalm();
    assert.equal((await gateway.send({ to: { all: true }, action: 'hi' })).status, 200);
    await resident.next('hi');
    await gateway.line(({ msg }) => msg === 'the public port is open again');
    const seconds = (performance.now() - begun) / 1000;
    assert.ok(seconds > 7 && seconds < 20, `${seconds} s`);
    const tab = await TestTab.open(gateway.socketUrl, {});
    await until('the silent ones to go', async () => (await gateway.metric('tabcast_connections')) === 2);
    for (const one of [resident, tab]) await one.close();
  });

  test('a handshake that comes letter by letter is over after 10 s too', async () => {
    crowd = new Crowd(1, gateway.publicPort, 'GET /ws HTTP/1.1\r\n');
    const [socket] = crowd.sockets;
    const begun = performance.now();
    const letters = setInterval(() => socket!.write('x'), 500);
    await until('the end of it', () => socket!.destroyed, 30_000);
    clearInterval(letters);
    const seconds = (performance.now() - begun) / 1000;
    assert.ok(seconds > 5 && seconds < 20, `${seconds} s`);
  });
});
