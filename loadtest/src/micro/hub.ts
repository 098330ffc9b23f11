import { Delivery } from '@tabcast/gateway/internal/fanout/delivery';
import { Hub } from '@tabcast/gateway/internal/fanout/hub';
import type { HubTab } from '@tabcast/gateway/internal/fanout/members';
import { Once } from '@tabcast/gateway/internal/fanout/once';
import { Counters } from '@tabcast/gateway/internal/metrics/counters';
import type { Micro } from './bench.js';

const repeats = 200;

/** As one gateway holds them: each in three channels, two of a user, a hundred in a group. */
const tabs = 10_000;

/** Who is here: tabs come and go, publications ask for their channel. The sockets' own fan-out is left out. */
export const hub: Micro = {
  name: 'hub',
  about: `a gateway with ${tabs.toLocaleString('en')} tabs in three channels each`,
  operations() {
    const full = new Hub();
    for (let number = 0; number < tabs; number++) join(full, tabOf(number), number);
    const delivery = deliveryOf(full);
    const frame = Buffer.from('{"action":"news","details":["x"]}');
    const envelope = { filter: undefined, frame };
    let turn = 0;
    const nextUser = () => {
      turn = (turn + 1) % (tabs / 2);
      return `user:${turn}`;
    };
    let newcomer = tabs;
    return [
      { name: 'one tab joins and leaves', repeats, run: () => joinAndLeave(full, newcomer++) },
      { name: 'members of a user', repeats, run: () => full.members(nextUser()) },
      { name: 'publish to a user', repeats, run: () => delivery.deliver(nextUser(), envelope, null) },
      { name: 'publish to a user, kept', repeats, run: () => delivery.deliver(nextUser(), envelope, '1-7') },
      { name: 'publish to all', repeats, run: () => delivery.deliver('all', envelope, null) },
      { name: 'publish to nobody here', repeats, run: () => delivery.deliver('user:none', envelope, null) },
    ];
  },
};

function deliveryOf(full: Hub): Delivery {
  const bus = { publish() {}, subscribers: () => 0 };
  return new Delivery({ hub: full, once: new Once(() => 0), bus, counters: new Counters() });
}

function channelsOf(number: number): readonly string[] {
  return ['all', `user:${number >> 1}`, `group:${number % (tabs / 100)}`];
}

function join(full: Hub, tab: HubTab, number: number): void {
  full.add(tab);
  for (const channel of channelsOf(number)) full.listen(full.enter(channel, tab));
}

/** Somebody new each time: V8 searches through the deleted entries of the same key, which one that returns would pile up. */
function joinAndLeave(full: Hub, number: number): void {
  const tab = tabOf(number);
  join(full, tab, number);
  for (const channel of channelsOf(number)) full.exit(channel, tab);
  full.remove(tab);
}

function tabOf(number: number): HubTab {
  return {
    connection: `0123456789ab.${number}`,
    encoding: 'json',
    identity: null,
    session: null,
    deliver() {},
    subscribe() {},
    unsubscribe() {},
  };
}
