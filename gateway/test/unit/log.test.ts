import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const log = new URL('../../src/log.js', import.meta.url).href;

/** Writes a line, waits for a word from outside, writes more, and ends with 3. */
const program = `
  const { createLog } = await import(${JSON.stringify(log)});
  const log = createLog('info', { gateway: 'g' });
  log.info('somebody may read this');
  process.stderr.write('written');
  process.stdin.once('data', () => {
    log.info('nobody reads this');
    log.fatal('nor this');
    process.exit(3);
  });
`;

/** A standard output that is never read: closing it is an error to the writer other than at a pipe, the first time. */
async function unreadOutput(folder: string): Promise<{ output: Socket; reader: Socket; close(): void }> {
  const server = createServer({ pauseOnConnect: true }).listen(join(folder, 'socket'));
  await once(server, 'listening');
  const output = connect(join(folder, 'socket'));
  const [reader] = (await once(server, 'connection')) as [Socket];
  return { output, reader, close: () => void server.close() };
}

test('nobody reads the log any more: the gateway goes on', { timeout: 10_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tabcast-log-'));
  const { output, reader, close } = await unreadOutput(folder);
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', output, 'pipe'],
  });
  try {
    await once(child.stderr!, 'data');
    output.destroy();
    reader.destroy();
    child.stdin!.write('go on');
    const [code] = await once(child, 'exit');
    assert.equal(code, 3);
  } finally {
    child.kill('SIGKILL');
    close();
    await rm(folder, { recursive: true });
  }
});

test('everything that was logged is written before the end, in its order', { timeout: 10_000 }, async () => {
  const burst = `
    const { createLog } = await import(${JSON.stringify(log)});
    const log = createLog('info', { gateway: 'g' });
    for (let n = 0; n < 5000; n++) log.info({ n }, 'x'.repeat(n % 100));
    process.exit(0);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', burst], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = (await text(child.stdout!)).trimEnd().split('\n');
  const numbers = lines.map((line) => JSON.parse(line).n);
  assert.deepEqual(
    numbers,
    Array.from({ length: 5000 }, (_, n) => n),
  );
});
