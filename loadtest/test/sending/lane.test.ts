import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lane } from '../../src/sending/lane.js';

test('what is not taken in time is refused per stream, and all that waited behind it', async () => {
  let down = true;
  const bodies: string[] = [];
  const outcome = { refused: [0, 0], unheard: 0, repeated: 0 };
  const lane = new Lane({
    api: {
      send: async (body) => {
        bodies.push(body);
        return down ? { status: 503, text: '' } : { status: 200, text: '[]' };
      },
    },
    ...{ batch: 2, keys: 'lane', patience: -1, outcome, end: new AbortController() },
    write: ({ stream, number }) => `${stream}.${number}`,
  });
  const take = (stream: number, number: number) => lane.take({ stream, number, stamp: 0 });

  for (let number = 0; number < 5; number++) take(number % 2, number);
  lane.flush();
  take(1, 5);
  await lane.settle();
  assert.deepEqual([outcome.refused, bodies], [[3, 3], ['[0.0,1.1]']]);

  down = false;
  take(1, 6);
  lane.flush();
  await lane.settle();
  assert.deepEqual(
    [outcome.refused, bodies],
    [
      [3, 3],
      ['[0.0,1.1]', '[1.6]'],
    ],
  );
});
