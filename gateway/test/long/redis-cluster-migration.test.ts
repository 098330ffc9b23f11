import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ClusterGateways, groupsIn, keysOf, slotOfGroup } from '../support/cluster-gateways.js';
import { nameOf, type Sent } from '../support/ledger.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { until } from '../support/until.js';

/** Steps in which a slot moves there and back. */
const steps = 12;

const slot = slotOfGroup('0');
/** How long a gateway may take to find what it has missed of a channel in which nothing follows, in ms. */
const discovery = 45_000;

const [busy, keyed, ...quiet] = groupsIn(slot, 2 + 2 * steps) as [string, string, ...string[]];

describe('a slot of a Redis Cluster that moves, step by step', { timeout: 100_000 }, () => {
  let cluster: RedisCluster;
  let gateways: ClusterGateways;
  before(async () => {
    cluster = await RedisCluster.start();
  });
  afterEach(() => gateways.close());
  after(() => cluster.close());

  test('at every step each send is refused, or heard by all, in order and once', async (t) => {
    gateways = await ClusterGateways.open(cluster.url, [busy, keyed, ...quiet], 300);
    const plain = gateways.flow('plain', busy, { history: false });
    const kept = gateways.flow('kept', busy);
    const once = gateways.flow('keyed', keyed, { keyed: true });

    const source = await cluster.ownerOf(slot);
    const target = cluster.servers.find((server) => server !== source)!;
    const unused = quiet.values();
    const single: Promise<Sent>[] = [];
    const sendSingle = () => {
      const sending = gateways.gateways[0].send('quiet', unused.next().value!);
      single.push(sending);
      return sending;
    };
    for (const [from, to] of [[source, target] as const, [target, source] as const]) {
      for await (const step of cluster.migration(slot, from, to, keysOf(busy)[0])) {
        const flows = [plain[0], kept[0], once[0]];
        const answers = await Promise.all(flows.map(async (flow) => (await flow.next())[0]!.outcome));
        const { outcome } = await sendSingle();
        t.diagnostic(`${step}: plain, kept, keyed, first of its group: ${[...answers, outcome].join(', ')}`);
        // Under way while the next step is taken.
        void sendSingle();
      }
      await gateways.flowing();
    }

    // Nothing more is sent there until then, so that nothing else shows what was missed.
    const accepted = (await Promise.all(single)).filter(({ outcome }) => outcome === 'accepted');
    t.diagnostic(`${accepted.filter((sent) => sent.gateways < 2).length} were missed by somebody at first`);
    const lacks = () =>
      gateways.gateways.filter(({ names }) => !accepted.every((sent) => names.has(nameOf(sent))));
    await until('both to have them', () => lacks().length === 0, discovery);
    assert.deepEqual(await gateways.finish(), []);
    assert.deepEqual(gateways.lost, []);
  });
});
