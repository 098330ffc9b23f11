import assert from 'node:assert/strict';
import { GatewayProcess, type LogLine } from './gateway.js';
import { TestTab, tokenFor } from './tab.js';

/** Two workers behind one pair of ports, and tabs of one user on both. */
export class TwoWorkers {
  readonly gateway: GatewayProcess;
  tabs: TestTab[] = [];
  #sends = 0;

  private constructor(gateway: GatewayProcess) {
    this.gateway = gateway;
  }

  static async start(options: Record<string, string>): Promise<TwoWorkers> {
    return new TwoWorkers(await GatewayProcess.start({ ...options, WORKERS: '2' }));
  }

  /** The process of a worker that was started last. */
  pid(worker: number): number {
    return Number(this.#lines('worker started', worker).at(-1)!['pid']);
  }

  /** Ids of the gateways that have listened as this worker, one after another. */
  ids(worker: number): string[] {
    return this.#lines('listening', worker).map((line) => String(line['gateway']));
  }

  /** The tabs on a worker. */
  on(worker: number): TestTab[] {
    const id = this.ids(worker).at(-1);
    return this.tabs.filter(({ connection }) => connection.startsWith(`${id}-`));
  }

  /** Opens tabs until there are three on each. The system deals them out by their source ports. */
  async open(): Promise<void> {
    const token = await tokenFor('ann', { groups: ['red'] });
    const fewest = () => Math.min(this.on(1).length, this.on(2).length);
    for (let tries = 0; fewest() < 3 && tries < 200; tries++)
      this.tabs.push(await TestTab.open(this.gateway.socketUrl, { token }));
    assert.ok(fewest() >= 3, 'tabs on both');
  }

  /** Fails unless everything that is sent reaches all tabs. Each send takes a connection of its own, to either worker. */
  async expectSendsToArrive(sends = 8): Promise<void> {
    for (let n = 0; n < sends; n++) {
      const action = `send ${this.#sends++}`;
      const answer = await this.gateway.send({ to: { user: 'ann' }, action }, { connection: 'close' });
      assert.equal(answer.status, 200);
      await Promise.all(this.tabs.map((tab) => tab.next(action)));
    }
  }

  /** Resolves when a worker has ended in this way and its successor listens. Answers when it did, in ms since the epoch. */
  async successor(worker: number, end: () => void): Promise<number> {
    const before = this.ids(worker).length;
    end();
    const line = await this.gateway.line((one) => one === this.#lines('listening', worker)[before]);
    return Date.parse(String(line['time']));
  }

  #lines(msg: string, worker: number): LogLine[] {
    return this.gateway.log.filter((line) => line.msg === msg && line['worker'] === worker);
  }
}
