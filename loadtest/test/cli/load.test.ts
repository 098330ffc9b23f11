import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Result } from '../../src/report/result.js';
import { type Fate, LeakyGateway } from '../support/leaky-gateway.js';

const script = fileURLToPath(new URL('../../src/cli/load.js', import.meta.url));

interface Run {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** The command as people start it. */
describe('load', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'load-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  function load(...args: string[]): Promise<Run> {
    const env = { ...process.env, TABCAST_LOAD_API_KEY: 'key', TABCAST_LOAD_TOKEN_SECRET: 'secret' };
    return new Promise((resolve) => {
      execFile(process.execPath, [script, ...args], { env }, (error, output, errors) =>
        resolve({ code: error === null ? 0 : Number(error.code), output, errors }),
      );
    });
  }

  async function loadLeaky(fateOf: (delivery: number) => Fate) {
    const gateway = new LeakyGateway(fateOf);
    const port = await gateway.listen();
    const [url, api] = [`ws://127.0.0.1:${port}`, `http://127.0.0.1:${port}`];
    const shape = ['--tabs', '40', '--per-second', '5000', '--warm-up', '1', '--window', '2'];
    try {
      return { ...(await load('users', '--url', url, '--api', api, ...shape)), fates: gateway.fates };
    } finally {
      gateway.close();
    }
  }

  test('reports a server that drops one delivery in 10,000', async () => {
    const { code, output, fates } = await loadLeaky((index) =>
      index % 10_000 === 5000 ? 'drop' : 'deliver',
    );
    assert.ok(fates.drop > 0);
    const all = fates.drop + fates.deliver;
    assert.ok(output.includes(`- ${fates.drop} of ${all} deliveries were lost.`), output);
    assert.doesNotMatch(output, /doubled/);
    assert.equal(code, 1);
  });

  test('reports a server that delivers a few twice, and does not set them off against what it drops', async () => {
    const { code, output, fates } = await loadLeaky((index) =>
      index === 7000 || index === 9000 ? 'double' : index === 8000 ? 'drop' : 'deliver',
    );
    assert.deepEqual([fates.drop, fates.double], [1, 2]);
    assert.match(output, /- 1 of \d+ deliveries were lost\./);
    assert.match(output, /- 2 deliveries were doubled\./);
    assert.equal(code, 1);
  });

  test('finds a gateway sound that it has started itself', async () => {
    const [json, page] = [join(directory, 'result.json'), join(directory, 'result.html')];
    const shape = ['--tabs', '40', '--per-second', '200', '--warm-up', '1', '--window', '1'];
    const { code, output, errors } = await load(
      'users',
      '--spawn',
      '1',
      ...shape,
      '--json',
      json,
      '--page',
      page,
    );
    assert.equal(code, 0, errors + output);
    const result = JSON.parse(readFileSync(json, 'utf8')) as Result;
    assert.deepEqual(result.problems, []);
    assert.deepEqual(result.losses, { lost: 0, doubled: 0, late: 0, stray: 0 });
    assert.equal(result.options['tabs'], 40);
    const expected = result.figures.find(({ name }) => name === 'deliveries in all')!.value;
    assert.ok(expected >= 2 * 200 * 2, String(expected));
    assert.match(output, /losses: none/);
    assert.match(readFileSync(page, 'utf8'), /<html/);
  });

  test('says what it does not know, and exits with 2', async () => {
    const { code, errors } = await load('broadcasts', '--spawn', '1');
    assert.match(errors, /^there is no scenario "broadcasts", but broadcast, users/);
    assert.equal(code, 2);
  });
});
