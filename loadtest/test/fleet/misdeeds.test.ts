import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Latencies } from '../../src/books/latency.js';
import type { Losses } from '../../src/books/ledger.js';
import { encodeText, usualTextBytes } from '../../src/books/message.js';
import { Fleet } from '../../src/fleet/fleet.js';
import { frameOf, type Peer, startPeer, until, welcome } from '../support/peer.js';

const tabs = 10;
const perTab = 20_000;
const delay = 5000;

/** A server that does wrong once in a while, and keeps a record of it. */
class Rogue {
  readonly done: Losses = { lost: 0, doubled: 0, late: 0, stray: 0 };
  /** Frames that it has sent, of messages. */
  frames = 0;
  #turn = 0;

  /** What a tab of stream 0 gets: one message after the other, about 1 of 2,500 with a misdeed. */
  *frameTexts(): Generator<string> {
    for (let number = 0; number < perTab; number++) {
      const misdeed = this.#turn++ % 2500 === 1234 ? Math.floor(this.#turn / 2500) % 4 : -1;
      if (misdeed === 0) this.#book('lost');
      else yield this.#frame(number);
      if (misdeed === 1) yield this.#frame(number, 'doubled');
      if (misdeed === 3) yield this.#frame(number, 'stray');
      if (misdeed !== 2 || number + 2 >= perTab) continue;
      yield this.#frame(number + 2);
      yield this.#frame(number + 1, 'late');
      number += 2;
    }
  }

  #frame(number: number, misdeed?: keyof Losses): string {
    if (misdeed !== undefined) this.#book(misdeed);
    this.frames++;
    const stamp = Number(process.hrtime.bigint()) - (misdeed === 'late' ? delay * 1e6 : 0);
    return frameOf(encodeText(usualTextBytes, { stamp, stream: misdeed === 'stray' ? 1 : 0, number }));
  }

  #book(misdeed: keyof Losses): void {
    (this.done as Record<keyof Losses, number>)[misdeed]++;
  }
}

/** The lab itself is under test: what a server does wrong has to come out, to the last message. */
describe('a server that loses, doubles, swaps and misdirects 1 in 10,000 each', { timeout: 60_000 }, () => {
  let peer: Peer;
  const fleet = new Fleet();
  const rogue = new Rogue();

  before(async () => {
    peer = await startPeer();
    peer.server.on('connection', (socket) => {
      socket.send(welcome);
      for (const text of rogue.frameTexts()) socket.send(text);
    });
    await fleet.open({
      ...{ perSecond: 1000, inFlight: 2, dialect: {}, textBytes: usualTextBytes, sampleEvery: 1 },
      servers: [{ host: peer.host, port: peer.port }],
      tabs: Array.from({ length: tabs }, () => ({ path: '/', protocols: [], streams: [0] })),
    });
  });

  after(() => {
    fleet.cut();
    peer.close();
  });

  test('is found out', async () => {
    const latencies = new Latencies();
    await until('all frames', () => {
      const reading = fleet.read();
      latencies.add(Latencies.decode(reading.latencies));
      return reading.received === rogue.frames;
    });
    const { lost, doubled, late, stray } = rogue.done;
    assert.ok(lost >= 20 && doubled >= 20 && late >= 20 && stray >= 20, JSON.stringify(rogue.done));
    assert.deepEqual(fleet.settle([perTab, 0]), rogue.done);
    // What comes late, by its own clock too, shows in the latencies.
    assert.ok(latencies.percentile(100) >= delay * 0.999);
  });
});
