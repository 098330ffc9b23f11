import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { textOf } from '../src/programs/repository.js';
import { DockerIgnore } from './support/image/dockerignore.js';

describe('.dockerignore', () => {
  test('no secret, and nothing that is built or measured here, gets into a build', (t) => {
    const [from, to] = [folder(t), folder(t)];
    const seen = [
      'package.json',
      'gateway/src/main.ts',
      'examples/chat/server.js',
      'loadtest/src/cli/load.ts',
    ];
    const secret = [
      '.env',
      '.env.production',
      'gateway/.env',
      'gateway/.env.local',
      'gateway/key.pem',
      'examples/chat/tls/server.key',
    ];
    const kept = [
      '.git/config',
      'secrets/redis',
      'gateway/secrets/token',
      'node_modules/ws/index.js',
      'notes.txt',
    ];
    const built = [
      'gateway/dist/src/main.js',
      'gateway/node_modules/ws/index.js',
      'loadtest/results/today/result.json',
    ];
    for (const path of [...seen, ...secret, ...kept, ...built]) write(join(from, path));
    new DockerIgnore(textOf('.dockerignore')).copy(from, to);
    assert.deepEqual(filesIn(to), seen.sort());
  });

  test('is read as Docker reads it', () => {
    const ignore = new DockerIgnore(
      '# a comment\n\n*\n!/kept\n!deep/one\nkept/*.log\n**/secret?\n!kept/secret1\n',
    );
    for (const path of ['kept', 'kept/a/b.log', 'kept/secret', 'kept/secret1', 'deep/one/x'])
      assert.ok(ignore.admits(path), path);
    for (const path of ['other', 'kept/b.log', 'kept/a/secret2', 'kept/secret2/x', 'deep', 'deep/two'])
      assert.ok(!ignore.admits(path), path);
  });
});

function folder(t: { after(clean: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'tabcast-context-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function write(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
}

function filesIn(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(path.length + 1)).sort();
}
