import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { blocks } from '@tabcast/gateway/testing/documents';
import { freePort } from '@tabcast/gateway/testing/free-port';
import { TestTab } from '@tabcast/gateway/testing/tab';
import { until } from '@tabcast/gateway/testing/until';
import { root, textOf } from '../../src/programs/repository.js';
import { without } from '../support/programs.js';
import { Visitor } from '../support/shop.js';

const folder = join(root, 'examples/php');
const readme = { path: 'examples/php/README.md', text: textOf('examples/php/README.md') };

/** Throws with what PHP says of code that it cannot read. */
function check(code: string): void {
  execFileSync('php', ['-l'], { input: code, stdio: ['pipe', 'pipe', 'pipe'] });
}

describe('the PHP example', { skip: without('php') }, () => {
  test('every file, and what its README shows, is PHP without syntax errors', () => {
    const files = readdirSync(folder, { recursive: true }).map(String);
    const scripts = files.filter((name) => name.endsWith('.php'));
    assert.ok(scripts.includes('src/Tabcast.php'));
    for (const name of scripts) check(textOf(`examples/php/${name}`));
    for (const block of blocks(readme, 'php')) check(block);
    assert.throws(() => check('<?php function'));
  });

  test('its classes are where Composer looks for them', () => {
    const { autoload, 'autoload-dev': ours } = JSON.parse(textOf('examples/php/composer.json'));
    for (const [namespace, place] of Object.entries({ ...autoload['psr-4'], ...ours['psr-4'] }))
      for (const name of readdirSync(join(folder, String(place)))) {
        const text = textOf(`examples/php/${place}${name}`);
        assert.match(text, /^<\?php\n\ndeclare\(strict_types=1\);\n/);
        assert.ok(text.includes(`\nnamespace ${namespace.slice(0, -1)};\n`), name);
        assert.match(text, new RegExp(`^final class ${name.slice(0, -'.php'.length)}\\b`, 'm'));
      }
  });

  test('the commands of its README start a shop whose customers are live', async (t) => {
    const [site, publicPort, internalPort] = [await freePort(), await freePort(), await freePort()];
    const origin = `http://127.0.0.1:${site}`;
    const commands = blocks(readme, 'sh')
      .join('\n')
      .replaceAll('http://127.0.0.1:8000', origin)
      // A gateway does not start with a variable that is not its own.
      .replace('TABCAST_API_KEY=', 'TABCAST_URL="$URL_OF_GATEWAY" TABCAST_API_KEY=');
    const orders = mkdtempSync(join(tmpdir(), 'tabcast-orders-'));
    const running = spawn('sh', ['-c', commands.replace('127.0.0.1:8000', `127.0.0.1:${site}`)], {
      cwd: root,
      detached: true, // so that they can be ended together
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'],
        TABCAST_PUBLIC_PORT: String(publicPort),
        TABCAST_INTERNAL_PORT: String(internalPort),
        URL_OF_GATEWAY: `http://127.0.0.1:${internalPort}`,
        SHOP_ORDERS: join(orders, 'orders.json'),
      },
    });
    t.after(() => {
      process.kill(-running.pid!, 'SIGKILL');
      rmSync(orders, { recursive: true });
    });
    const visitor = new Visitor(`${origin}/`);
    await until('the shop', async () => (await visitor.get()).ok);
    await visitor.post('login', { customer: 'ann' });
    const headers = { origin, cookie: visitor.cookie };
    const tab = await until('the gateway', () =>
      TestTab.open(`ws://127.0.0.1:${publicPort}/ws`, { headers }),
    );
    await visitor.post('order', { article: 'Teapot' });
    assert.deepEqual((await tab.next('order/placed')).details, [
      { number: 1001, customer: 'ann', article: 'Teapot', shipped: false },
    ]);
    await tab.close();
  });

  test('its README names every setting, and leads nowhere that is not there', () => {
    const settings = textOf('examples/php/public/index.php').matchAll(/\$setting\('(\w+)'/g);
    const rows = readme.text.matchAll(/^\| `([A-Z_]+)` \|/gm);
    assert.deepEqual(
      new Set([...settings].map(([, name]) => name)),
      new Set([...rows].map(([, name]) => name)),
    );
    const links = [...readme.text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!);
    assert.deepEqual(
      links.filter((link) => !existsSync(join(folder, link))),
      [],
    );
  });
});
