import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import { GatewayProcess } from './gateway.js';
import { faultsIn, type Heard } from './ledger.js';
import { withoutPositions } from './receipt.js';
import { type RedisServer, startRedis } from './redis.js';
import { type TabEncoding, TestTab, tokenFor } from './tab.js';
import { Traffic } from './traffic.js';
import { until } from './until.js';

/** Whom the streams of a cluster address: every tab of it is one of this user's, and in this group. */
const user = 'ann';
const group = 'red';

/** Two gateways on one Redis, a tab in either encoding on each, and traffic through both to all four. */
export class Cluster {
  readonly redis: RedisServer;
  readonly gateways: readonly [GatewayProcess, GatewayProcess];
  readonly tabs: readonly TestTab[];
  readonly traffic: Traffic;
  #fences = 0;

  private constructor(
    redis: RedisServer,
    gateways: readonly [GatewayProcess, GatewayProcess],
    tabs: readonly TestTab[],
  ) {
    this.redis = redis;
    this.gateways = gateways;
    this.tabs = tabs;
    this.traffic = new Traffic([
      { gateway: gateways[0], to: { user } },
      { gateway: gateways[0], to: { all: true } },
      { gateway: gateways[1], to: { user } },
      { gateway: gateways[1], to: { groups: [group] } },
    ]);
  }

  /**
   * Starts all of it; resolves when every stream is in full flow.
   * @param wayOfFirst gives the first gateway another way to the Redis on this port
   */
  static async start(
    options: Record<string, string> = {},
    wayOfFirst: (port: number) => Promise<number> = async (port) => port,
  ): Promise<Cluster> {
    const redis = await startRedis();
    const start = (port: number) =>
      GatewayProcess.start({ REDIS_URL: `redis://127.0.0.1:${port}`, ...options });
    const gateways = [await start(await wayOfFirst(redis.port)), await start(redis.port)] as const;
    const token = await tokenFor(user, { groups: [group] });
    const tabs: TestTab[] = [];
    for (const { socketUrl } of gateways)
      for (const encoding of ['json', 'msgpack'] satisfies TabEncoding[])
        tabs.push(await TestTab.open(socketUrl, { token, encoding }));
    const cluster = new Cluster(redis, gateways, tabs);
    await cluster.flowing();
    return cluster;
  }

  /** From now on every stream has been accepted, for all gateways, this many times in a row. */
  async flowing(times = 20): Promise<void> {
    await Promise.all(
      this.traffic.streams.map(({ name, answers }) => {
        const from = answers.length;
        return until(`${name} to flow`, () => {
          const latest = answers.slice(from).slice(-times);
          return latest.length === times && latest.every(({ gateways }) => gateways === this.gateways.length);
        });
      }),
    );
  }

  /** Everything that was accepted before this call has arrived at every tab when it resolves. */
  async settled(): Promise<void> {
    for (const gateway of this.gateways) await this.#fence(gateway);
  }

  /** Stops the traffic and compares it with what arrived, exactly. Every tab must still be the one that it was. */
  async expectExact(): Promise<void> {
    await this.traffic.stop();
    await this.settled();
    for (const { socket, frames } of this.tabs) {
      assert.equal(socket.readyState, WebSocket.OPEN);
      assert.equal(frames.filter(({ action }) => action === 'sys/welcome').length, 1);
    }
    assert.deepEqual(faultsIn(this.traffic.sends, this.#audience()), []);
  }

  async close(): Promise<void> {
    await this.traffic.stop().catch(() => {});
    for (const tab of this.tabs) tab.socket.terminate();
    for (const gateway of this.gateways) await gateway.kill();
    await this.redis.close();
  }

  /** Everything that this gateway was asked to send before has arrived when this has. */
  async #fence(gateway: GatewayProcess): Promise<void> {
    const action = `fence ${++this.#fences}`;
    const answer = await gateway.send({ to: { user }, action });
    assert.deepEqual(withoutPositions(await answer.json()), {
      [`user:${user}`]: { gateways: this.gateways.length },
    });
    await Promise.all(this.tabs.map((tab) => tab.next(action)));
  }

  #audience(): Heard[] {
    return this.tabs.map((tab, index) => ({
      tab: `tab ${index} (${tab.encoding})`,
      gateway: this.gateways[index < this.tabs.length / 2 ? 0 : 1].id,
      messages: tab.frames
        .filter(({ action }) => action === 'count')
        .map(({ details }) => ({ stream: details[0] as string, number: details[1] as number })),
    }));
  }
}
