import assert from 'node:assert/strict';
import fc from 'fast-check';
import { channel, type KeepingTab, Scene, settled } from './channel-scene.js';

/** What may happen to a channel and its tabs. */
export const steps = [
  ...['send', 'send', 'send', 'unkept', 'except', 'arrive', 'arrive', 'arrive', 'arrive', 'lose', 'serve'],
  ...['answer', 'answer', 'refuse', 'enter', 'leave', 'back', 'tick', 'settle', 'settle', 'anew'],
] as const;
export type Step = (typeof steps)[number];

/** Lets one of these things happen. */
export async function take(scene: Scene, step: Step): Promise<void> {
  const { broker, fanout, tabs } = scene;
  if (step === 'send') await scene.send();
  else if (step === 'unkept') await scene.send({ history: false });
  else if (step === 'except') await scene.send({ except: 'gw-0' });
  else if (step === 'arrive') scene.arrive();
  else if (step === 'lose') scene.arrive(true);
  else if (step === 'enter') void scene.enter();
  else if (step === 'leave') {
    for (const tab of tabs.slice(0, 1)) if (tab.start !== undefined) fanout.leave(tab, [channel]);
  } else if (step === 'back') fanout.brokerBack();
  else if (step === 'tick') fanout.tick();
  else if (step === 'settle') await settled();
  else if (step === 'anew') broker.beginAnew();
  else broker[step]();
}

/**
 * Whatever happens in whatever order, each tab gets every position once and in order from where it was told that it stands,
 * or is told of a gap.
 * @param mostKept of the channel; it keeps at least one publication
 * @param happen lets one of the steps happen
 */
export async function expectNoGapsUntold<T>(
  mostKept: number,
  possible: readonly T[],
  happen: (scene: Scene, step: T) => void | Promise<void>,
): Promise<void> {
  const story = fc.array(fc.constantFrom(...possible), { maxLength: 60 });
  const told = fc.asyncProperty(fc.integer({ min: 1, max: mostKept }), story, async (size, path) => {
    const scene = new Scene(size);
    for (const step of path) await happen(scene, step);
    await finish(scene);
    for (const tab of scene.tabs) expectContiguous(tab, scene.broker.position);
  });
  await fc.assert(told, { numRuns: 400 });
}

/** From now on nothing is lost any more, everything is answered, and every tab reads. */
async function finish(scene: Scene): Promise<void> {
  for (const tab of scene.tabs) tab.drain(Number.POSITIVE_INFINITY);
  while (scene.broker.underWay.length > 0) scene.arrive();
  for (let round = 0; round < 10; round++) {
    await settled();
    while (scene.broker.readings.length > 0) {
      scene.broker.answer();
      await settled();
    }
    if (round < 5) scene.fanout.brokerBack();
  }
}

function expectContiguous({ start, frames, topics }: KeepingTab, end: string): void {
  let last = start!;
  for (const { action, at } of frames) {
    if (at === undefined) continue;
    const position = at[1]!;
    const [epoch, offset] = last.split('-').map(Number) as [number, number];
    if (action === 'sys/gap') assert.ok(!isAfter(last, position), `a gap up to ${position} after ${last}`);
    else assert.equal(position, `${epoch}-${offset + 1}`);
    last = position;
  }
  if (topics.size > 0) assert.equal(last, end);
}

function isAfter(position: string, last: string): boolean {
  const [[epoch, offset], [lastEpoch, lastOffset]] = [position, last].map((text) =>
    text.split('-').map(Number),
  ) as [[number, number], [number, number]];
  return epoch > lastEpoch || (epoch === lastEpoch && offset > lastOffset);
}
