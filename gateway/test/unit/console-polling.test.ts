import assert from 'node:assert/strict';
import { test } from 'node:test';

interface Clock {
  set(act: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}
interface Polling {
  start(): void;
  stop(): void;
  look(visible: boolean): void;
}
const { Polling } = (await import(new URL('../../../console/polling.js', import.meta.url).href)) as {
  Polling: new (ask: () => Promise<boolean>, clock: Clock) => Polling;
};

/** Polls a gateway that answers as the test says; the one timer is in the hands of the test. */
function bench() {
  const state = { answers: true, asked: 0, pause: undefined as number | undefined, act: () => {} };
  const clock: Clock = {
    set(act, ms) {
      Object.assign(state, { act, pause: ms });
      return 1;
    },
    clear() {
      state.pause = undefined;
    },
  };
  const ask = async () => {
    state.asked++;
    return state.answers;
  };
  const polling = new Polling(ask, clock);
  const turn = async () => {
    state.act();
    await new Promise(setImmediate);
  };
  return { polling, state, turn };
}

test('asks every 2 s, and less and less often while no answer comes', async () => {
  const { polling, state, turn } = bench();
  polling.start();
  await turn();
  assert.deepEqual([state.asked, state.pause], [1, 2000]);
  state.answers = false;
  const pauses: unknown[] = [];
  for (let failure = 0; failure < 4; failure++) {
    await turn();
    pauses.push(state.pause);
  }
  assert.deepEqual(pauses, [4000, 8000, 15_000, 15_000]);
  state.answers = true;
  await turn();
  assert.equal(state.pause, 2000);
});

test('asks nothing while nobody looks, and at once when somebody does again', async () => {
  const { polling, state } = bench();
  polling.look(false);
  polling.start();
  assert.equal(state.asked, 0);
  polling.look(true);
  await new Promise(setImmediate);
  assert.deepEqual([state.asked, state.pause], [1, 2000]);
  polling.look(false);
  assert.equal(state.pause, undefined);
  polling.look(true);
  await new Promise(setImmediate);
  assert.deepEqual([state.asked, state.pause], [2, 2000]);
});

test('never asks twice at a time, and not after it was stopped', async () => {
  const { polling, state, turn } = bench();
  polling.start();
  polling.look(true);
  await new Promise(setImmediate);
  assert.equal(state.asked, 1);
  polling.stop();
  await turn();
  polling.look(true);
  assert.deepEqual([state.asked, state.pause], [1, undefined]);
});
