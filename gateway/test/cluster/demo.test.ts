import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../support/documents.js';
import { freePort } from '../support/free-port.js';
import { reap } from '../support/reap.js';
import { withoutPositions } from '../support/receipt.js';
import { TestTab } from '../support/tab.js';

/** `npm start` and `npm run cluster`: what they print can be opened and pasted as it is, and nothing is left behind. */

const run = promisify(execFile);
const withoutCurl = spawnSync('curl', ['--version']).error && 'there is no curl on this machine';

/** One of the two scripts, started by hand. */
class Demo {
  readonly #process: ChildProcess;
  readonly port: number;
  printed = '';

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Starts it on free ports and waits for what it says. */
  static async start(script: string): Promise<Demo> {
    const port = await freePorts();
    const child = spawn(process.execPath, [`scripts/${script}.mjs`, '--port', String(port)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const reaper = reap(child.pid!);
    child.once('exit', () => reaper.kill('SIGKILL'));
    const demo = new Demo(child, port);
    child.stdout.on('data', (text) => {
      demo.printed += text;
    });
    const ended = once(child, 'exit').then(([code]) => assert.fail(`${script} ended with ${code}`));
    const said = async () => {
      while (!demo.printed.includes('Ctrl-C')) await once(child.stdout, 'data');
    };
    await Promise.race([said(), ended]);
    ended.catch(() => {});
    return demo;
  }

  /** Everything in what was printed that the expression finds. */
  all(what: RegExp): string[] {
    return this.printed.match(new RegExp(what, 'g')) ?? [];
  }

  /** Logs in at one of the printed addresses as a page does, and opens a tab. */
  async open(address: string, user: string): Promise<TestTab> {
    const { origin, searchParams } = new URL(address);
    const body = JSON.stringify({ name: user });
    const login = await fetch(`${origin}/login`, { method: 'POST', headers: { origin }, body });
    const cookie = login.headers.getSetCookie()[0]!.split(';')[0]!;
    const ask = async (path: string) => (await fetch(origin + path, { headers: { cookie } })).json();
    const [{ gateway }, { token }] = (await Promise.all([ask('/session'), ask('/token')])) as [
      { gateway: string },
      { token: string },
    ];
    const query = searchParams.has('gateway') ? `?gateway=${searchParams.get('gateway')}` : '';
    return TestTab.open(gateway + query, { token, headers: { origin } });
  }

  /** Presses Ctrl-C; answers the exit code. */
  async stop(): Promise<number | null> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGINT');
      await once(this.#process, 'exit');
    }
    return this.#process.exitCode;
  }

  /** The ports of these that somebody listens on. */
  async taken(...offsets: number[]): Promise<number[]> {
    const free = await Promise.all(offsets.map((offset) => isFree(this.port + offset)));
    return offsets.filter((_, index) => !free[index]);
  }
}

/** Of as many ports in a row as either script takes, the first. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = await freePort();
    const row = Array.from({ length: 22 }, (_, offset) => first + offset);
    if (first < 65_000 && (await Promise.all(row.map(isFree))).every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

describe('npm start', () => {
  let demo: Demo;

  before(async () => {
    demo = await Demo.start('start');
  });
  after(() => demo.stop());

  test('its addresses are the chat, where one browser can be two people', async () => {
    const addresses = demo.all(/http:\/\/\S+:\d+\/(?=\s)/);
    assert.deepEqual(
      addresses.map((address) => new URL(address).hostname),
      ['127.0.0.1', 'localhost'],
    );
    for (const address of addresses) {
      assert.match(await (await fetch(address)).text(), /<title>tabcast chat/);
      const tab = await demo.open(address, 'ann');
      await tab.close();
    }
  });

  test('its curl, pasted as it is, reaches the chat', { skip: withoutCurl ?? false }, async () => {
    const tab = await demo.open(demo.all(/http:\/\/\S+:\d+\/(?=\s)/)[0]!, 'ann');
    const [curl] = demo.all(/curl (.*\\\n)+.*/);
    const { stdout } = await run('sh', ['-c', curl!]);
    assert.deepEqual(withoutPositions(JSON.parse(stdout)), { all: { gateways: 1 } });
    assert.deepEqual((await tab.next('chat/everyone')).details, [{ from: 'curl', text: 'Hello' }]);
    await tab.close();
  });

  test('pages of other origins may not connect, nor those of the gateway itself', async () => {
    const url = `ws://127.0.0.1:${demo.port}/ws`;
    for (const origin of ['https://evil.example', `http://127.0.0.1:${demo.port}`, 'null'])
      assert.equal((await TestTab.connect(url, { headers: { origin } }).closed).code, 1006, origin);
  });

  test('a port that is taken is named, before anything is started', async () => {
    const again = run(process.execPath, ['scripts/start.mjs', '--port', String(demo.port - 1)], {
      cwd: root,
    });
    const { code, stderr } = await again.then(
      () => assert.fail('it started'),
      (error) => error as { code: number; stderr: string },
    );
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^In use already: port ${demo.port}, ${demo.port + 1}\\. `));
  });

  test('Ctrl-C ends all of it, with exit code 0', async () => {
    assert.deepEqual(await demo.taken(0, 1, 2), [0, 1, 2]);
    assert.equal(await demo.stop(), 0);
    assert.deepEqual(await demo.taken(0, 1, 2), []);
  });
});

describe('npm run cluster', () => {
  let demo: Demo;

  before(async () => {
    demo = await Demo.start('cluster');
  });
  after(() => demo.stop());

  test('each address leads to a gateway of its own, and when that is killed to another', async () => {
    const addresses = demo.all(/http:\/\/\S+\?gateway=\d/);
    const tabs = await Promise.all(addresses.map((address) => demo.open(address, 'ann')));
    const gateways = await Promise.all(tabs.map(async (tab) => (await tab.welcome()).gateway));
    assert.equal(new Set(gateways).size, 3);
    tabs[0]!.send('chat/everyone', ['to all gateways']);
    for (const tab of tabs.slice(1)) await tab.next('chat/everyone');

    process.kill(Number(/\d+/.exec(demo.all(/process \d+/)[0]!)![0]), 'SIGKILL');
    assert.equal((await tabs[0]!.closed).code, 1006);
    const back = await demo.open(addresses[0]!, 'ann');
    assert.ok(gateways.slice(1).includes((await back.welcome()).gateway));
    for (const tab of [back, ...tabs.slice(1)]) await tab.close();
  });

  test('Ctrl-C ends all of it, with exit code 0', async () => {
    assert.equal(await demo.stop(), 0);
    assert.deepEqual(await demo.taken(0, 1, 2, 3, 4, 5, 10, 11, 20, 21), []);
  });
});
