import { describe, test } from 'node:test';
import type { Cluster } from '../support/cluster.js';
import { expectNothingLost, expectUnnoticed, type Row, undergoRow } from '../support/row.js';
import { until } from '../support/until.js';

/**
 * Backends that repeat under its `Idempotency-Key` what they do not know the outcome of, through whichever gateway there is: it
 * counts once, and stands where the receipt says, which the ledger compares with what arrived. Over 10 s and more: test/long/redis-silence.test.ts.
 */
describe('sends that are repeated until they are accepted', { timeout: 110_000 }, () => {
  const repeated = ({ traffic }: Cluster) =>
    until('something to be repeated', () => traffic.repeated > 0, 30_000);

  test('because Redis froze over them, and carries them out when it goes on', async (t) => {
    const row: Row = {
      repeats: true,
      happen: async ({ cluster }) => {
        cluster.redis.stop();
        const asked = cluster.traffic.streams.map(({ answers }) => answers.length);
        await until('an outcome to be unknown to each', () =>
          cluster.traffic.streams.every(({ answers }, index) => answers.length > asked[index]! + 1),
        );
        cluster.redis.cont();
        await repeated(cluster);
      },
    };
    await undergoRow(t, row, expectUnnoticed);
  });

  test('because the connections that carried them were broken', async (t) => {
    const row: Row = {
      repeats: true,
      happen: ({ cluster }) =>
        until(
          'something to be repeated',
          async () => {
            await cluster.redis.cli('CLIENT', 'KILL', 'TYPE', 'normal');
            await cluster.flowing(1);
            return cluster.traffic.repeated > 0;
          },
          30_000,
        ),
    };
    await undergoRow(t, row, expectUnnoticed);
  });

  test('because the gateway was killed over them: the other one takes them', async (t) => {
    const row: Row = {
      repeats: true,
      happen: async ({ cluster }) => {
        await cluster.gateways[0].kill();
        await repeated(cluster);
        await cluster.restartGateway(0);
      },
    };
    await undergoRow(t, row, expectNothingLost);
  });
});
