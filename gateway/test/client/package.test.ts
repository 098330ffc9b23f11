import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { blockWith, documentAt, root } from '../support/documents.js';
import { GatewayProcess } from '../support/gateway.js';
import { tokenFor } from '../support/tab.js';

/** The client as others get it: packed, and unpacked into an empty project that has nothing else. */

const run = promisify(execFile);
const entries = ['@tabcast/client', '@tabcast/client/unshared', '@tabcast/client/msgpack'];

/** What a bundle would ask its surroundings for; relative imports would be missing files. */
const imports = /\bfrom ?["'][^"']+["']|\bimport\(|\bimport ?["']|\brequire\(/g;

describe('the package of the client', () => {
  let project: string;
  let installed: string;

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'tabcast-package-'));
    installed = join(project, 'node_modules/@tabcast/client');
    await mkdir(installed, { recursive: true });
    const pack = ['pack', '--workspace', 'client', '--pack-destination', project];
    await run('npm', pack, { cwd: root });
    const [tarball] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
    await run('tar', ['-xzf', join(project, tarball!), '-C', installed, '--strip-components', '1']);
  });
  after(() => rm(project, { recursive: true, force: true }));

  test('holds every file that it exports, and depends on nothing', async () => {
    const { exports, dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    const published = Object.values<string | Record<string, string>>(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : [target['types']!, target['default']!],
    );
    assert.ok(published.length > 6);
    for (const path of published) assert.ok((await readFile(join(installed, path))).length > 0, path);
    assert.equal(dependencies, undefined);
  });

  test('no bundle imports anything', async () => {
    const bundles = (await readdir(join(installed, 'dist'))).filter((name) => name.endsWith('.js'));
    assert.deepEqual(bundles.sort(), [
      'msgpack.js',
      'tabcast.iife.js',
      'tabcast.js',
      'unshared.js',
      'worker.js',
    ]);
    for (const name of bundles) {
      const code = await readFile(join(installed, 'dist', name), 'utf8');
      assert.deepEqual(code.match(imports) ?? [], [], name);
    }
  });

  const projects = {
    'a page': { lib: ['es2022', 'dom'], module: 'esnext', moduleResolution: 'bundler', types: [] },
    'Node.js': { lib: ['es2022'], module: 'nodenext', types: ['node'] },
  };
  for (const [where, options] of Object.entries(projects))
    test(`its types hold what they promise in ${where}, and refuse what is wrong`, async () => {
      const common = { strict: true, noEmit: true, skipLibCheck: false, exactOptionalPropertyTypes: true };
      const typeRoots = [join(root, 'node_modules/@types')];
      const configuration = { compilerOptions: { ...common, typeRoots, ...options }, files: ['page.mts'] };
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify(configuration));
      await writeFile(join(project, 'page.mts'), typed);
      const compiler = join(root, 'node_modules/typescript/bin/tsc');
      const { stdout } = await run(process.execPath, [compiler, '-p', project]).catch((failure) => failure);
      assert.equal(stdout, '');
    });

  for (const entry of entries)
    test(`${entry} runs in Node.js with a WebSocket passed in`, async (t) => {
      const gateway = await GatewayProcess.start();
      t.after(() => gateway.kill());
      const program = join(project, 'program.mjs');
      await writeFile(program, programOf(entry));
      const token = await tokenFor('42', { groups: ['staff'] });
      const { stdout } = await run(process.execPath, [program, gateway.socketUrl, token], { cwd: project });
      assert.deepEqual(JSON.parse(stdout), { user: '42', groups: ['staff'], refused: 404 });
    });
});

/** Connects, asks for what nothing handles, closes; ends by itself when nothing is left running. */
const programOf = (entry: string) => `
  import { connect } from '${entry}';
  import { WebSocket } from '${import.meta.resolve('ws')}';
  const [, , url, token] = process.argv;
  const tabs = connect(url, { token, WebSocket });
  const { code } = await tabs.request('nothing/handles', 'this').catch((error) => error);
  const { user, groups } = tabs.welcome;
  tabs.close();
  console.log(JSON.stringify({ user, groups, refused: code }));
`;

const typed = `${blockWith(documentAt('docs/client.md'), 'ts', 'type Received')}
import { connect as connectAlone } from '@tabcast/client/unshared';
import { connect as connectPacked } from '@tabcast/client/msgpack';
import type { ConnectOptions, State, Tabs, Welcome } from '@tabcast/client';

const alone: Tabs<Received, Sent> = connectAlone<Received, Sent>('wss://live.example.com/ws');
const packed: Tabs<Received, Sent> = connectPacked<Received, Sent>(new URL('wss://live.example.com/ws'));
const state: State = alone.state;
const welcome: Welcome | undefined = packed.welcome;
const user: string | null | undefined = welcome?.user;
const options: ConnectOptions = { getToken: async () => null, WebSocket: globalThis.WebSocket };
tabs.request('chat/say', ['room/tea', 'Good morning'], { timeout: 1000 }).then(console.log);

// Without a map any name and any details will do.
connect('wss://live.example.com/ws', options).on('order/shipped', (order) => console.log(order, state, user)).send('hello', 'world');

// @ts-expect-error: there is no such action
tabs.on('chat/sayed', () => {});
// @ts-expect-error: both arguments are strings
tabs.on('chat/said', (from: number) => {});
// @ts-expect-error: the tab does not send what it receives
tabs.send('chat/said', ['ann', 'Good morning']);
// @ts-expect-error: an argument is missing
tabs.send('chat/say', ['room/tea']);
// @ts-expect-error: all arguments are missing
tabs.send('chat/say');
// @ts-expect-error: the only value stands for the only argument, and there are two
tabs.send('chat/say', 'room/tea');
// Errors of what is sent, and what is tabcast's own, can be listened for without standing in a map.
tabs.on('chat/say', undefined, (code, message) => console.log(code, message)).on('sys/join', (group) => console.log(group));
// @ts-expect-error: no such option
connect('wss://live.example.com/ws', { tokens: '' });
`;
