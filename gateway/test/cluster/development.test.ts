import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { refusedHandshake } from '../support/raw-client.js';
import { withoutPositions } from '../support/receipt.js';
import { TestTab } from '../support/tab.js';
import { Wire } from '../support/wire.js';

/** `tabcast start --mode development` with nothing configured: what it prints can be opened and pasted as it is. */

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../../bin/tabcast.js', import.meta.url));
const withoutCurl = spawnSync('curl', ['--version']).error && 'there is no curl on this machine';

/** A gateway in development mode that was started by hand. */
class Development {
  readonly #process: ChildProcess;
  #printed = '';

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Starts it on free ports and waits for its help. */
  static async start(): Promise<Development> {
    const flags = ['--mode', 'development', '--public-port', '0', '--internal-port', '0'];
    const child = spawn(process.execPath, [program, 'start', ...flags], {
      env: {},
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    const development = new Development(child);
    child.stdout.on('data', (text) => {
      development.#printed += text;
    });
    while (!development.#printed.includes('Ctrl-C')) await once(child.stdout, 'data');
    return development;
  }

  /** The one part of the help that the expression finds. */
  printed(what: RegExp): string {
    const [found, ...others] = this.#printed.match(new RegExp(what.source, 'gm')) ?? [];
    assert.ok(found !== undefined && others.length === 0, `${what} in ${this.#printed}`);
    return found;
  }

  get home(): string {
    return this.printed(/http:\/\/127\.0\.0\.1:\d+\/$/);
  }

  get port(): number {
    return Number(new URL(this.home).port);
  }

  get socketUrl(): string {
    return this.printed(/ws:\/\/127\.0\.0\.1:\d+\/ws/);
  }

  async stop(): Promise<number | null> {
    if (this.#process.exitCode !== null) return this.#process.exitCode;
    this.#process.kill('SIGINT');
    const [code] = await once(this.#process, 'exit');
    return code;
  }
}

describe('development mode', () => {
  let gateway: Development;

  before(async () => {
    gateway = await Development.start();
  });
  after(() => gateway.stop());

  async function askToken(query = ''): Promise<{ user: string; token: string }> {
    const answer = await fetch(`${gateway.home}token${query}`);
    return (await answer.json()) as { user: string; token: string };
  }

  test('the page to open is a tab', async () => {
    const page = await fetch(`${gateway.home}?user=alice`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type')!, /^text\/html/);
    const html = await page.text();
    assert.match(html, /new WebSocket\(/);
    assert.doesNotMatch(html, /(src|href)="?https?:/, 'it needs nothing from the internet');
  });

  test('a token for any user works, in the sub-protocol and in the query', async () => {
    const { user, token } = await askToken('?user=al%C3%AFce%20%26%20co');
    assert.equal(user, 'alïce & co');
    const tab = await TestTab.open(gateway.socketUrl, { token });
    assert.equal((await tab.welcome()).user, 'alïce & co');
    tab.send('sys/join', ['any group']);
    await tab.next('sys/join');
    await tab.close();
    const byQuery = await TestTab.open(`${gateway.socketUrl}?token=${token}`, {});
    assert.equal((await byQuery.welcome()).user, 'alïce & co');
    await byQuery.close();
  });

  test('without a name the token is for the user of the printed curl', async () => {
    assert.equal((await askToken()).user, 'demo');
    assert.equal((await askToken('?user=')).user, 'demo');
  });

  test('a name that is none is a problem, not a failure', async () => {
    const answer = await fetch(`${gateway.home}token?user=${'x'.repeat(129)}`);
    assert.equal(answer.status, 400);
    assert.equal(((await answer.json()) as { field: string }).field, 'user');
  });

  test('the printed token works for a client of your own', async () => {
    const tab = await TestTab.open(gateway.socketUrl, { token: gateway.printed(/eyJ\S+/) });
    assert.equal((await tab.welcome()).user, 'demo');
    await tab.close();
  });

  test('the printed curl, pasted as it is, reaches the tab', { skip: withoutCurl ?? false }, async () => {
    const tab = await TestTab.open(gateway.socketUrl, { token: (await askToken()).token });
    const { stdout } = await run('sh', ['-c', gateway.printed(/curl (.*\\\n)+.*/)]);
    assert.deepEqual(withoutPositions(JSON.parse(stdout)), { 'user:demo': { gateways: 1 } });
    assert.deepEqual((await tab.next('hello')).details, ['from curl']);
    await tab.close();
  });

  test('a name that only resolves to this machine gets no token, and its page no connection', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${gateway.port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ]) {
      const wire = await Wire.connect(gateway.port);
      const answer = await wire.ask(`GET /token HTTP/1.1\r\nHost: ${host}`);
      wire.end();
      assert.equal(answer.status, 404, host);
    }
    const headers = { Host: `127.0.0.1:${gateway.port}`, Origin: 'https://evil.example' };
    assert.equal((await refusedHandshake(gateway.port, { headers })).status, 403);
  });

  test('keys are made on the spot: a second gateway has others', async (t) => {
    const second = await Development.start();
    t.after(() => second.stop());
    const { token } = await askToken();
    const headers = { Authorization: `Bearer ${token}` };
    assert.equal((await refusedHandshake(second.port, { headers })).status, 401);
  });

  for (const name of ['public', 'internal'])
    test(`the ${name} port is taken: a sentence and exit code 1`, async () => {
      const flags = ['--public-port', '0', '--internal-port', '0', `--${name}-port`, String(gateway.port)];
      const start = run(process.execPath, [program, 'start', '--mode', 'development', ...flags], { env: {} });
      const { code, stdout, stderr } = await start.then(
        () => assert.fail('it started'),
        (error) => error as { code: number; stdout: string; stderr: string },
      );
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, new RegExp(`^tabcast: Port ${gateway.port} on 127\\.0\\.0\\.1 is in use, .*\n$`));
    });

  test('Ctrl-C ends it with exit code 0', async () => {
    assert.equal(await gateway.stop(), 0);
  });
});
