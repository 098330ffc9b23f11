import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { GatewayProcess } from '../support/gateway.js';

/** A gateway whose application cannot be used says why in a sentence, and ends. */

const rows: [what: string, module: string | undefined, sentence: RegExp][] = [
  [
    'there is no such file',
    undefined,
    /^tabcast: handlers: .*module\.mjs cannot be loaded: Cannot find module/,
  ],
  [
    'it cannot be parsed',
    'export default (',
    /^tabcast: handlers: .*module\.mjs cannot be loaded: Unexpected/,
  ],
  ['it throws when it is loaded', 'throw new Error("no database")', /cannot be loaded: no database$/],
  ['it exports nothing', '', /^tabcast: handlers: .*module\.mjs: expected "export default \(tabcast\) =>/],
  [
    'it exports no function',
    'export default { on() {} }',
    /module\.mjs: expected "export default \(tabcast\) =>/,
  ],
  [
    'it takes an action of tabcast itself',
    "export default (tabcast) => tabcast.on('sys/join', () => {})",
    /^tabcast: on\('sys\/join'\): actions that begin with sys\/ are tabcast's own$/,
  ],
  [
    'it takes an action twice',
    "export default (tabcast) => { tabcast.on('a', () => {}); tabcast.on('a', () => {}); }",
    /^tabcast: on\('a'\): this action is taken already$/,
  ],
  [
    'it fails later, with things of its own still open',
    "export default async () => { setInterval(() => {}, 1000); throw new Error('no database'); }",
    /^tabcast: no database$/,
  ],
];

describe('an application that cannot be used', { concurrency: 2 }, () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tabcast-application-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [index, [what, module, sentence]] of rows.entries())
    test(what, { timeout: 10_000 }, async (t) => {
      const path = join(folder, `${index}-module.mjs`);
      if (module !== undefined) await writeFile(path, module);
      const gateway = GatewayProcess.launch({ HANDLERS: path });
      t.after(() => gateway.kill());
      assert.equal(await gateway.exited(), 1);
      const lines = gateway.errors.trimEnd().split('\n');
      assert.match(lines.at(-1)!, sentence);
      assert.deepEqual(
        lines.slice(0, -1).filter((line) => !line.startsWith('tabcast: warning:')),
        [],
      );
    });
});
