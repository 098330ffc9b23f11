import assert from 'node:assert/strict';
import { channel, type KeepingTab, type Scene, settled } from './channel-scene.js';

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

/** From now on nothing is lost any more, and everything is answered. */
export async function finish(scene: Scene): Promise<void> {
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

/** A tab got every position once and in order from where it was told that it stands, or was told of a gap. */
export function expectContiguous({ start, frames, topics }: KeepingTab, end: string): void {
  let last = start!;
  for (const { action, at } of frames) {
    if (at === undefined) continue;
    const position = at[1]!;
    const [epoch, offset] = last.split('-').map(Number) as [number, number];
    if (action === 'sys/gap') assert.notEqual(position, last);
    else assert.equal(position, `${epoch}-${offset + 1}`);
    last = position;
  }
  if (topics.size > 0) assert.equal(last, end);
}
