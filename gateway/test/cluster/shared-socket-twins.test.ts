import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Frame, Target, Welcome } from '@tabcast/shared';
import fc from 'fast-check';
import { GatewayProcess } from '../support/gateway.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * Two worlds in which the same happens: in one every tab has a socket of its own, in the other they share two sockets.
 * Whatever happens, each tab sees exactly what its twin sees.
 */

const slots = 6;
const groups = ['red', 'blue', 'green'];
const people = ['ann', 'bob'];
const sessions = ['home', 'work'];

const slot = fc.nat(slots - 1);
const group = fc.constantFrom(...groups);
const someGroups = fc.uniqueArray(group, { maxLength: 2 });
const user = fc.constantFrom(...people);

/** Users and groups bear the number of the run, so that runs know nothing of each other. */
const target = fc.oneof(
  fc.constant({ all: true as const }),
  fc.constant({ registered: true as const }),
  fc.record({ user }),
  fc.record({ users: fc.constant(people) }),
  fc.record({ group }),
  fc.record({ groups: fc.constant(['red', 'blue']) }),
  fc.record({ user, groups: fc.constant(groups) }),
  fc.record({ user, session: fc.constantFrom(...sessions) }),
);

const step = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant('open' as const),
      slot,
      user: fc.option(user),
      session: fc.constantFrom(...sessions),
      groups: someGroups,
    }),
    weight: 4,
  },
  { arbitrary: fc.record({ kind: fc.constant('close' as const), slot }), weight: 1 },
  {
    arbitrary: fc.record({ kind: fc.constantFrom('join' as const, 'leave' as const), slot, group }),
    weight: 4,
  },
  { arbitrary: fc.record({ kind: fc.constant('refresh' as const), slot, groups: someGroups }), weight: 1 },
  {
    arbitrary: fc.record({ kind: fc.constantFrom('put' as const, 'remove' as const), user, group }),
    weight: 1,
  },
  {
    arbitrary: fc.record({ kind: fc.constant('send' as const), to: target, except: fc.option(slot) }),
    weight: 8,
  },
  { arbitrary: fc.record({ kind: fc.constant('send to one' as const), slot }), weight: 1 },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One of the two worlds during one run. */
class World {
  readonly #gateway: GatewayProcess;
  readonly #run: number;
  readonly #newTab: (slot: number, token: string | undefined) => TestTab;
  readonly #tabs = new Map<number, TestTab>();
  /** Every tab that there was, in the order of their opening. */
  readonly all: TestTab[] = [];
  #fences = 0;
  #sends = 0;
  #asked = 0;

  constructor(
    gateway: GatewayProcess,
    run: number,
    newTab: (slot: number, token: string | undefined) => TestTab,
  ) {
    this.#gateway = gateway;
    this.#run = run;
    this.#newTab = newTab;
  }

  /** Does a step as far as it can be done, and resolves when every tab has seen it. Tokens are the same in both worlds. */
  async take(taken: Step, token: string | undefined): Promise<void> {
    const tab = 'slot' in taken ? this.#tabs.get(taken.slot) : undefined;
    if (taken.kind === 'open') await this.#open(taken.slot, token);
    else if (taken.kind === 'put' || taken.kind === 'remove') await this.#change(taken);
    else if (taken.kind === 'send') await this.#send(taken);
    else if (tab === undefined) return;
    else if (taken.kind === 'close') await this.#close(taken.slot, tab);
    else if (taken.kind === 'send to one') await this.#post({ connection: tab.connection });
    else if (taken.kind === 'refresh') await this.#ask(tab, 'sys/auth', token);
    else await this.#ask(tab, `sys/${taken.kind}`, this.#named(taken.group));
  }

  /** Resolves when all that was sent has arrived. */
  async settle(): Promise<void> {
    const action = `fence ${++this.#fences}`;
    await this.#gateway.send({ to: { all: true }, action });
    await Promise.all([...this.#tabs.values()].map((tab) => tab.next(action)));
  }

  async #open(slot: number, token: string | undefined): Promise<void> {
    if (this.#tabs.has(slot)) return;
    const tab = this.#newTab(slot, token);
    await tab.welcome();
    this.#tabs.set(slot, tab);
    this.all.push(tab);
  }

  async #close(slot: number, tab: TestTab): Promise<void> {
    await this.settle();
    this.#tabs.delete(slot);
    await tab.close();
  }

  async #change({
    kind,
    user,
    group,
  }: {
    kind: 'put' | 'remove';
    user: string;
    group: string;
  }): Promise<void> {
    const path = `/v1/groups/${this.#named(group)}/users/${this.#named(user)}`;
    const answer = await this.#gateway.api(path, { method: kind === 'put' ? 'PUT' : 'DELETE' });
    assert.equal(answer.status, 200);
    const isTold = (tab: TestTab) => {
      const told = toldTo(tab);
      return told.user !== this.#named(user) || told.groups.has(this.#named(group)) === (kind === 'put');
    };
    await until('the tabs to be told', () => [...this.#tabs.values()].every(isTold));
  }

  async #send({ to, except }: { to: Target; except: number | null }): Promise<void> {
    const left = except === null ? undefined : this.#tabs.get(except);
    await this.#post({ ...this.#renamed(to), ...(left && { except: left.connection }) });
  }

  async #post(to: Target): Promise<void> {
    const answer = await this.#gateway.send({ to, action: 'word', details: [this.#sends++] });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Asks, and waits for the answer of any kind. */
  async #ask(tab: TestTab, action: string, detail: unknown): Promise<void> {
    const id = ++this.#asked;
    tab.send(action, [detail], id);
    await until(`the answer to ${action}`, () => tab.frames.some(({ re }) => re === id));
    await this.settle();
  }

  #named(name: string): string {
    return `${name}-${this.#run}`;
  }

  #renamed(to: Target): Target {
    const named = (name: string) => this.#named(name);
    return {
      ...to,
      ...(to.user && { user: named(to.user) }),
      ...(to.users && { users: to.users.map(named) }),
      ...(to.group && { group: named(to.group) }),
      ...(to.groups && { groups: to.groups.map(named) }),
    };
  }
}

/** Whose a tab is and which groups it is in, by what it was told. */
function toldTo({ frames }: TestTab): { user: string | null; groups: Set<string> } {
  let [user, groups]: [string | null, Set<string>] = [null, new Set()];
  for (const { action, details } of frames) {
    const [first] = details as [Welcome & string];
    if (action === 'sys/welcome' || action === 'sys/auth')
      [user, groups] = [first.user, new Set(first.groups)];
    else if (action === 'sys/join') groups.add(first);
    else if (action === 'sys/leave') groups.delete(first);
  }
  return { user, groups };
}

/** Ids of connections and gateways differ, and epochs, and nothing else may. The channel was read off a shared socket. */
function comparable({ frames }: TestTab): Frame[] {
  return frames.map(({ at, ...frame }) => {
    const [details] = frame.details as [object];
    const own =
      frame.action === 'sys/welcome' ? [{ ...details, connection: '', gateway: '' }] : frame.details;
    return { ...frame, details: JSON.parse(JSON.stringify(own).replaceAll(/"\d+-(\d+)"/g, '"-$1"')) };
  });
}

describe('a tab on a shared socket', { timeout: 120_000 }, () => {
  const gateways: GatewayProcess[] = [];
  let runs = 0;

  before(async () => {
    const options = { ANONYMOUS: 'true', TAB_MESSAGES_PER_SECOND: '0', TAB_JOINS_PER_SECOND: '0' };
    gateways.push(await GatewayProcess.start(options), await GatewayProcess.start(options));
  });
  after(async () => {
    for (const gateway of gateways) await gateway.kill();
  });

  async function tokenOf(taken: Step, users: Map<number, string | null>, run: number) {
    if (taken.kind !== 'open' && taken.kind !== 'refresh') return undefined;
    if (taken.kind === 'open' && !users.has(taken.slot)) users.set(taken.slot, taken.user);
    const person = users.get(taken.slot) ?? (taken.kind === 'refresh' ? 'ann' : null);
    if (person === null) return undefined;
    users.set(taken.slot, person);
    const session = taken.kind === 'open' ? taken.session : 'home';
    return tokenFor(`${person}-${run}`, {
      session,
      join: ['*'],
      groups: taken.groups.map((name) => `${name}-${run}`),
    });
  }

  test('sees what its twin on a socket of its own sees', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const run = ++runs;
      const [lone, shared] = gateways as [GatewayProcess, GatewayProcess];
      const sockets = [
        await SharedTestSocket.open(shared.socketUrl),
        await SharedTestSocket.open(shared.socketUrl),
      ];
      const worlds = [
        new World(lone, run, (_, token) => TestTab.connect(lone.socketUrl, { token })),
        new World(shared, run, (index, token) => sockets[index % 2]!.connect({ token })),
      ];
      const users = new Map<number, string | null>();
      for (const taken of steps) {
        const token = await tokenOf(taken, users, run);
        await Promise.all(worlds.map((world) => world.take(taken, token)));
        if (taken.kind === 'close') users.delete(taken.slot);
      }
      await Promise.all(worlds.map((world) => world.settle()));
      const [alone, together] = worlds.map(({ all }) => all.map(comparable));
      for (const { socket } of [...worlds.flatMap(({ all }) => all), ...sockets]) socket.terminate();
      assert.deepEqual(together, alone);
    });
    await fc.assert(property, { numRuns: 60, endOnFailure: true });
  });
});
