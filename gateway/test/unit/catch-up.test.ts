import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HistoryRequest } from '../../src/broker/broker.js';
import { CatchUp } from '../../src/fanout/catch-up.js';
import { Hub } from '../../src/fanout/hub.js';
import { Sequence } from '../../src/fanout/sequence.js';
import { Counters } from '../../src/metrics/counters.js';
import { KeepingTab, settled } from '../support/channel-scene.js';

const visitors = 300;

/** Nothing has come in them since their first tabs. */
class QuietChannels {
  readonly hub = new Hub();
  readonly looks = new Map<string, number>();
  readonly catchUp: CatchUp;
  readonly #visits: { channel: string; visitor: KeepingTab }[] = [];
  #came = 0;

  constructor() {
    this.catchUp = new CatchUp({
      broker: { read: (request) => this.#look(request) },
      ...{ hub: this.hub, counters: new Counters(), log: { error: assert.fail } },
      ...{ deliver: assert.fail, announceGap: assert.fail },
    });
  }

  /** Somebody comes who stays. */
  stay(channel: string): void {
    this.#enter(channel, new KeepingTab('gw-0'));
  }

  /** A user comes, and goes when so many others have come. */
  visit(): void {
    const [channel, visitor] = [`user:${this.#came++}`, new KeepingTab(`gw-${this.#came}`)];
    this.#enter(channel, visitor);
    this.#visits.push({ channel, visitor });
    if (this.#visits.length <= visitors) return;
    const first = this.#visits.shift()!;
    this.hub.exit(first.channel, first.visitor);
  }

  #enter(channel: string, tab: KeepingTab): void {
    const { members } = this.hub.enter(channel, tab);
    members.sequence = new Sequence();
    members.sequence.moveTo('1-0');
    members.sequence.settle();
  }

  async #look({ channel }: HistoryRequest) {
    this.looks.set(channel, (this.looks.get(channel) ?? 0) + 1);
    return { position: '1-0', entries: [], complete: true };
  }
}

describe('quiet channels', () => {
  for (const seconds of [10, 25, 31, 100])
    test(`are looked at every half minute, also where the others stay for ${seconds} s`, async () => {
      const channels = new QuietChannels();
      const staying = ['group:first', 'group:last'];
      channels.stay(staying[0]!);
      for (let count = 0; count < visitors; count++) channels.visit();
      channels.stay(staying[1]!);
      for (let second = 0; second < 320; second++) {
        for (let count = 0; count < visitors / seconds; count++) channels.visit();
        channels.catchUp.tick();
        await settled();
      }
      for (const channel of staying) assert.ok(channels.looks.get(channel)! >= 10, channel);
    });
});

describe('what comes from a history that is over', () => {
  test('is told as one loss, however much of it has come', async () => {
    const hub = new Hub();
    const { members } = hub.enter('all', new KeepingTab('gw-0'));
    const sequence = new Sequence();
    members.sequence = sequence;
    sequence.moveTo('8-0');
    sequence.settle();
    const gaps: string[] = [];
    let readings = 0;
    const catchUp = new CatchUp({
      broker: {
        read: async () => {
          readings++;
          return { position: '8-0', entries: [], complete: true };
        },
      },
      ...{ hub, counters: new Counters(), log: { error: assert.fail }, deliver: assert.fail },
      announceGap: (_channel, position) => gaps.push(position),
    });
    for (let offset = 4; offset < 100; offset++) sequence.take(Buffer.from('{}'), `7-${offset}`);
    catchUp.want('all', members);
    await settled();
    assert.deepEqual([gaps, readings, sequence.behind], [['8-0'], 3, false]);
  });
});
