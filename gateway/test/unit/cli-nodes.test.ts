import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nodesTable } from '../../src/cli/nodes.js';
import type { NodeAnswer, NodesAnswer } from '../../src/http/nodes.js';
import { AnsweringGateway } from './cli-gateway.js';
import { tabcast } from './cli-process.js';

const now = 1_700_000_000_000;
const node: NodeAnswer = {
  ...{ id: '1x', state: 'draining', version: '0.1.0', started: now - 40_000, tabs: 5, users: 5 },
  ...{ capacity: 50_000, framesPerSecond: 12.4, deliveriesPerSecond: 9876.5, lag: 10.25 },
  ...{ memory: 123_400_000, beatAge: 4900 },
};
const self: NodeAnswer = {
  ...{ ...node, id: '0a1b2c3d4e', self: true, state: 'ready', started: now - 3 * 3_600_000 },
  ...{ tabs: 12_345, users: 6000, lag: 0.3, beatAge: 900 },
};
const answer: NodesAnswer = {
  gateways: [self, node],
  totals: {
    tabs: 12_350,
    capacity: 100_000,
    framesPerSecond: 24.8,
    deliveriesPerSecond: 19_753,
    memory: 246_800_000,
  },
  degraded: false,
};

describe('tabcast nodes', () => {
  const gateway = new AnsweringGateway(answer);

  test('a table with columns in line', () => {
    assert.deepEqual(nodesTable(answer, now).split('\n'), [
      'gateway       state      tabs  users  frames/s  deliveries/s      lag  memory    up  version',
      '0a1b2c3d4e *  ready     12345   6000        12          9877   0.3 ms  123 MB   3 h  0.1.0',
      '1x            draining      5      5        12          9877  10.3 ms  123 MB  40 s  0.1.0',
      '2 in all                12350               25         19753           247 MB',
    ]);
  });

  test('a gateway that is cut off says how old its knowledge is', () => {
    const lines = nodesTable({ ...answer, degraded: true }, now).split('\n');
    assert.equal(lines.at(-1), '* is cut off from the others: this is what it knew 5 s ago.');
  });

  test('asks the gateway; --json prints its answer as it is', async () => {
    const args = ['nodes', '--url', gateway.url, '--key', 'key-of-the-tests'];
    const { code, out } = await tabcast(args);
    assert.equal(code, 0);
    assert.match(out, /^gateway .*\n0a1b2c3d4e \* {2}ready/);
    assert.deepEqual(JSON.parse((await tabcast([...args, '--json'])).out), answer);
    assert.deepEqual(gateway.asked, ['/v1/nodes', '/v1/nodes']);
  });

  test('a refusal exits with 1, a wrong flag with 2', async () => {
    assert.deepEqual(await tabcast(['nodes', '--url', gateway.url]), {
      ...{ code: 1, out: '', err: 'tabcast: the gateway answered 401: No key\n' },
    });
    const wrong = await tabcast(['nodes', '--url', 'nowhere']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /^tabcast: flag --url: expected an http/);
  });
});
