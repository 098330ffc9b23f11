import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
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
    const shape = ['--tabs', '40', '--per-second', '5000', '--warm-up', '0.5', '--window', '1.5'];
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
    const shape = ['--tabs', '40', '--per-second', '200', '--warm-up', '0.5', '--window', '0.5'];
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
    assert.ok(expected >= 200 * 2, String(expected));
    assert.match(output, /losses: none/);
    assert.match(readFileSync(page, 'utf8'), /<html/);
  });

  test('has a result when Ctrl-C comes while tabs are being opened', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const child = spawn(process.execPath, [
      script,
      'users',
      '--tabs',
      '4',
      '--url',
      `ws://127.0.0.1:${port}`,
    ]);
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      if (String(text).includes('opening tabs')) child.kill('SIGINT');
    });
    const [code] = await once(child, 'close');
    silent.close();
    assert.match(output, /- Interrupted while tabs were being opened/);
    assert.equal(code, 1);
  });

  test('finds out before the load that a file cannot be written', async () => {
    const json = join(directory, 'none', 'result.json');
    const { code, errors } = await load('users', '--url', 'ws://127.0.0.1:1', '--json', json);
    assert.match(errors, /^--json: expected a file that can be written, got "/);
    assert.equal(code, 2);
  });

  test('says what it does not know, and exits with 2', async () => {
    const { code, errors } = await load('broadcasts', '--spawn', '1');
    assert.match(errors, /^there is no scenario "broadcasts", but broadcast, users/);
    assert.equal(code, 2);
  });
});
