import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Frame } from '@tabcast/shared';
import { eventsOf } from '../support/events.js';
import { GatewayProcess } from '../support/gateway.js';
import { faultsIn } from '../support/ledger.js';
import { withoutPositions } from '../support/receipt.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { Traffic } from '../support/traffic.js';
import { until } from '../support/until.js';

/** What the process may keep of an attack: mostly code that was compiled because of it, in bytes. */
const keepsake = 60e6;

/** A gateway that is going to be attacked, with well-behaved tabs on it to which numbered messages go all the while. */
export class Victim {
  readonly gateway: GatewayProcess;
  readonly #tabs: readonly TestTab[];
  /** What came over the wire for a tab. */
  readonly #framesOf: (tab: TestTab) => readonly Frame[];
  readonly #traffic: Traffic;
  readonly #memory: number;
  /** What it had to say about its options. */
  readonly #complaints: string;

  private constructor(
    gateway: GatewayProcess,
    tabs: readonly TestTab[],
    framesOf: (tab: TestTab) => readonly Frame[],
    memory: number,
  ) {
    this.gateway = gateway;
    this.#tabs = tabs;
    this.#framesOf = framesOf;
    this.#memory = memory;
    this.#complaints = gateway.errors;
    this.#traffic = new Traffic([{ gateway, to: { user: 'witness' } }]);
  }

  static async start(options: Record<string, string> = {}): Promise<Victim> {
    const gateway = await GatewayProcess.start({
      HANDLERS: fileURLToPath(new URL('application.js', import.meta.url)),
      // Who is refused for haste never gets to what is behind.
      ...{ HANDSHAKE_RATE: '0', MAX_LAG: '0' },
      ...{ TAB_MESSAGES_PER_SECOND: '0', TAB_BYTES_PER_SECOND: '0', TAB_JOINS_PER_SECOND: '0' },
      ...options,
    });
    const token = await tokenFor('witness');
    const shared = await SharedTestSocket.open(gateway.socketUrl);
    const tabs = await Promise.all([
      TestTab.open(gateway.socketUrl, { token }),
      TestTab.open(gateway.socketUrl, { token, encoding: 'msgpack' }),
      shared.openTab({ token }),
    ]);
    const framesOf = (tab: TestTab) => (tab === tabs[2] ? shared.framesOf(tab) : tab.frames);
    return new Victim(gateway, tabs, framesOf, await residentMemory(gateway));
  }

  /** Waits for an attack. Should the gateway die of it, the failure has its last words. */
  async withstand(attack: Promise<unknown>): Promise<void> {
    try {
      await attack;
    } catch (cause) {
      throw new Error(`the attack was cut short; the gateway says: ${this.gateway.errors}`, { cause });
    }
  }

  /** The same process, without an error in its log, with its memory back; nobody else has noticed; and it still works. */
  async expectUnhurt(t: TestContext): Promise<void> {
    const { gateway } = this;
    await this.#traffic.stop();
    assert.ok(gateway.running, gateway.errors);
    await until(
      'the attackers to be gone',
      async () => (await gateway.metric('tabcast_tabs')) === this.#tabs.length,
    );
    await this.#expectNothingMissed(t);
    await this.#expectMemoryBack(t);
    for (const tab of this.#tabs) await expectWellServed(tab);
    await this.#expectUsualReceipts();
    assert.deepEqual(
      gateway.log.filter(({ level }) => level >= 50),
      [],
    );
    assert.equal(gateway.errors, this.#complaints);
  }

  async close(): Promise<void> {
    await this.#traffic.stop().catch(() => {});
    await this.gateway.kill();
  }

  async #expectNothingMissed(t: TestContext): Promise<void> {
    const { sends } = this.#traffic;
    await until('the last message', () => this.#tabs.every((tab) => numbersOf(tab).length >= sends.length));
    const heard = this.#tabs.map((tab) => ({
      ...{ tab: tab.encoding, gateway: this.gateway.id },
      events: eventsOf(this.#framesOf(tab)),
    }));
    assert.deepEqual(faultsIn(sends, heard), []);
    assert.ok(sends.every(({ outcome }) => outcome === 'accepted'));
    t.diagnostic(`each witness got ${sends.length} messages meanwhile`);
  }

  async #expectMemoryBack(t: TestContext): Promise<void> {
    const excess = async () => (await residentMemory(this.gateway)) - this.#memory;
    const before = await excess();
    await until('the memory to be given back', async () => (await excess()) < keepsake);
    t.diagnostic(
      `memory: ${inMegabytes(this.#memory)} MB before, ${inMegabytes(before)} MB more at the end, ` +
        `${inMegabytes(await excess())} MB of it kept`,
    );
  }

  async #expectUsualReceipts(): Promise<void> {
    const answer = await this.gateway.send([
      { to: { user: 'witness' }, action: 'x' },
      { to: { user: 'no' }, action: 'x' },
    ]);
    assert.deepEqual(withoutPositions(await answer.json()), [
      { 'user:witness': { gateways: 1 } },
      { 'user:no': { gateways: 0 } },
    ]);
  }
}

/** A valid hello still works, and no object has a property that it should not have. */
async function expectWellServed(tab: TestTab): Promise<void> {
  tab.send('hello', ['still there', { deep: [1] }]);
  const { at: _, ...hello } = await tab.next('hello');
  assert.deepEqual(hello, { action: 'hello', details: ['still there', { deep: [1] }] });
  tab.send('inherited', [], 7);
  assert.deepEqual(await tab.next('inherited'), { action: 'inherited', details: [[]], re: 7 });
}

async function residentMemory(gateway: GatewayProcess): Promise<number> {
  return (await gateway.metric('process_resident_memory_bytes'))!;
}

function numbersOf({ frames }: TestTab) {
  return frames
    .filter(({ action }) => action === 'count')
    .map(({ details }) => ({ stream: details[0] as string, number: details[1] as number }));
}

function inMegabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
