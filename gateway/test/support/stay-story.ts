import assert from 'node:assert/strict';
import type { Frame } from '@tabcast/shared';
import { channel, settled } from './channel-scene.js';
import { type ClientTab, group, type TabScene } from './tab-scene.js';

/** What may happen to a tab, or to the broker that it waits for. */
export const steps = [
  ...['join', 'join', 'resume', 'resume', 'leave', 'put', 'remove', 'keep', 'name', 'drop', 'read', 'drain'],
  ...['send', 'send', 'send', 'unkept', 'arrive', 'arrive', 'arrive', 'arrive'],
  ...['confirm', 'confirm', 'serve', 'answer', 'answer', 'settle', 'settle', 'settle'],
] as const;
export type Step = (typeof steps)[number];

/** Where a tab is, by what its client was told. */
interface Stay {
  readonly start: string;
  last: string;
}

/** Reads what a tab gets, and finds what must not be. */
export class Witness {
  readonly client: ClientTab;
  /** Where it stood when it last was in the group. */
  lately = '1-0';
  #stay: Stay | undefined;
  #read = 1;
  /** Where it said that it stood, by the request. */
  readonly #asked = new Map<Frame['re'], string | undefined>();

  constructor(client: ClientTab) {
    this.client = client;
  }

  get stay(): Stay | undefined {
    this.look();
    return this.#stay;
  }

  /** Requests to join that have no answer. */
  get unanswered(): number {
    return this.#asked.size;
  }

  join(...from: [string?]): void {
    this.#asked.set(this.client.ask('sys/join', group, ...from), from[0]);
  }

  /** Reads what has come since. */
  look(): void {
    for (const frame of this.client.frames.slice(this.#read)) this.#take(frame);
    this.#read = this.client.frames.length;
  }

  #take({ action, at, details, re }: Frame): void {
    if (at !== undefined) this.#advance(action, at[1]!);
    else if (action === 'sys/join') this.#joined(details[1] as Told, re);
    else if (action === 'sys/join:error') this.#answered(re);
    else if (action === 'sys/leave') this.#stay = undefined;
    else if (action === 'sys/auth') this.#authenticated(details[0] as Told & { groups: string[] });
    else assert.ok(this.#stay, `${action} outside of the group`);
  }

  #joined({ positions, recovered }: Told, re: Frame['re']): void {
    const position = positions![channel]!;
    const from = re === undefined ? undefined : this.#answered(re);
    assert.equal(recovered?.[channel] === undefined, from === undefined);
    if (this.#stay === undefined) {
      if (recovered?.[channel]) assert.equal(position, from);
      this.#enter(position);
    } else {
      assert.equal(position, this.#stay.last);
      if (from !== undefined) assert.equal(recovered![channel], isIn(this.#stay, from));
    }
  }

  #answered(id: Frame['re']): string | undefined {
    assert.ok(this.#asked.has(id), 'a request is answered once');
    const from = this.#asked.get(id);
    this.#asked.delete(id);
    return from;
  }

  #authenticated({ groups, positions }: Told & { groups: string[] }): void {
    if (!groups.includes(group)) this.#stay = undefined;
    else if (this.#stay === undefined) this.#enter(positions?.[channel]);
  }

  #enter(position: string | undefined): void {
    assert.ok(position, 'it is told where it stands');
    this.#stay = { start: position, last: position };
    this.lately = position;
  }

  #advance(action: string, position: string): void {
    assert.ok(this.#stay, `${position} outside of the group`);
    if (action === 'sys/gap') assert.ok(offsetOf(position) > offsetOf(this.#stay.last));
    else assert.equal(offsetOf(position), offsetOf(this.#stay.last) + 1);
    this.#stay.last = position;
    this.lately = position;
  }
}

interface Told {
  readonly positions?: Record<string, string>;
  readonly recovered?: Record<string, boolean>;
}

/** The next publication arrives: one that is not kept at all tabs that were told that they are there, at once. */
function arrive(scene: TabScene, witnesses: readonly Witness[]): void {
  const inside = witnesses.filter(({ client, stay }) => stay && client.tab.groups.has(group));
  const before = inside.map(({ client }) => client.frames.length);
  if (!scene.arrive()) return;
  const after = inside.map(({ client }) => client.frames.length);
  assert.deepEqual(
    after,
    before.map((count) => count + 1),
  );
}

/** Lets one of these things happen, to the first of these tabs where it concerns but one. */
export async function take(scene: TabScene, step: Step, witnesses: readonly Witness[]): Promise<void> {
  const { broker } = scene;
  const witness = witnesses[0]!;
  const { client } = witness;
  if (step === 'join') witness.join();
  else if (step === 'resume') witness.join(witness.lately);
  else if (step === 'leave') client.ask('sys/leave', group);
  else if (step === 'put' || step === 'remove') scene.order(step, client.user);
  else if (step === 'keep') client.authenticate();
  else if (step === 'name') client.authenticate([group]);
  else if (step === 'drop') client.authenticate([], []);
  else if (step === 'read') client.drain();
  else if (step === 'drain') client.drain(2);
  else if (step === 'send') await scene.send();
  else if (step === 'unkept') await scene.send(false);
  else if (step === 'arrive') arrive(scene, witnesses);
  else if (step === 'settle') await settled();
  else broker[step as 'confirm' | 'serve' | 'answer']();
}

/** From now on the broker does everything, and every tab reads. */
export async function finish(scene: TabScene, witnesses: readonly Witness[]): Promise<void> {
  for (const { client } of witnesses) client.drain();
  for (let round = 0; round < 20; round++) {
    scene.broker.confirm();
    scene.broker.answer();
    scene.arrive();
    await settled();
  }
  await scene.send();
  await scene.send(false);
  while (scene.broker.underWay.length > 0) scene.arrive();
  await settled();
}

/** Whether a tab has been told what is, has everything until now, and the last that was not kept. */
export function expectTrue(witness: Witness, scene: TabScene): void {
  const { client, stay } = witness;
  assert.equal(witness.unanswered, 0);
  assert.equal(stay !== undefined, client.tab.groups.has(group));
  if (stay === undefined) return;
  assert.equal(stay.last, scene.broker.position);
  assert.match(client.frames.at(-1)!.action, /unkept/);
}

/** Whether everything between a position and where the tab is now has reached it. */
function isIn({ start, last }: Stay, position: string): boolean {
  const offset = offsetOf(position);
  return offset >= offsetOf(start) && offset <= offsetOf(last);
}

/** There is but one epoch. */
function offsetOf(position: string): number {
  return Number(position.slice(2));
}
