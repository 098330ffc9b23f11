import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { chatHandlers, chatOrigin, serveChat } from '../support/chat.js';
import { apiKey, secret } from '../support/gateway.js';
import { TestTab } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';
import { Wire } from '../support/wire.js';

/** The web server of examples/chat, asked as a browser asks it and as one would not, in front of real gateways. */

const origin = await chatOrigin();
const { host, port } = new URL(origin);

interface Answer {
  readonly status: number;
  readonly value: Record<string, string | null>;
  readonly cookie: string | undefined;
}

describe('the web server of the chat', () => {
  const { gateways } = new TwoGateways({ ORIGINS: origin, ...chatHandlers });

  before(async () => {
    await serveChat(origin, gateways[0]!);
  });

  async function ask(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
    const answer = await fetch(origin + path, {
      method,
      headers: { origin, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const value = (await answer.json()) as Answer['value'];
    return { status: answer.status, value, cookie: answer.headers.getSetCookie()[0] };
  }

  async function logIn(name: string): Promise<{ cookie: string }> {
    const { status, cookie } = await ask('POST', '/login', { name });
    assert.equal(status, 200);
    return { cookie: cookie!.split(';')[0]! };
  }

  async function tokenOf(login: { cookie: string }): Promise<string> {
    return (await ask('GET', '/token', undefined, login)).value['token']!;
  }

  test('the page comes with all its files, and may run and reach nothing else', async () => {
    const page = await fetch(origin);
    assert.match(page.headers.get('content-type')!, /^text\/html/);
    const policy = page.headers.get('content-security-policy')!;
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.ok(policy.includes("default-src 'none'; script-src 'self';"), policy);
    assert.ok(policy.includes(`connect-src 'self' ${new URL(gateways[0]!.socketUrl).origin};`), policy);
    const html = await page.text();
    assert.doesNotMatch(html, /<script>| on\w+=| style=/, 'which the policy would forbid');
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
    assert.ok(files.includes('main.js') && files.includes('style.css'));
    for (const file of [...files, 'tabcast.js', 'worker.js', 'rules.js']) {
      const answer = await fetch(`${origin}/${file}`);
      assert.equal(answer.status, 200, file);
      assert.match(answer.headers.get('content-type')!, /^(text\/(css|javascript)|image\/svg\+xml)/, file);
    }
  });

  test('a login gives a cookie that scripts cannot read, and for it a token that gateways take', async () => {
    const { status, value, cookie } = await ask('POST', '/login', { name: ' Zoë  ' });
    assert.deepEqual({ status, value }, { status: 200, value: { user: 'Zoë' } });
    assert.match(cookie!, /^chat_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const login = { cookie: cookie!.split(';')[0]! };
    const session = await ask('GET', '/session', undefined, login);
    assert.deepEqual(session.value, { user: 'Zoë', gateway: gateways[0]!.socketUrl });

    const token = await tokenOf(login);
    const [head, claims, signature] = token.split('.') as [string, string, string];
    assert.equal(signature, createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url'));
    const { iat, exp, sid } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.equal(exp - iat, 300);
    assert.ok(!cookie!.includes(sid), 'the page must not know the cookie');
    const tab = await TestTab.open(gateways[1]!.socketUrl, { token });
    const { user, session: welcomed, groups } = await tab.welcome();
    assert.deepEqual({ user, welcomed, groups }, { user: 'Zoë', welcomed: sid, groups: ['chat'] });
    tab.send('sys/join', ['room/any']);
    assert.equal((await tab.next('sys/join')).details[0], 'room/any');
    tab.send('sys/join', ['staff']);
    assert.equal((await tab.next('sys/join:error')).details[0], 403);
    await tab.close();
  });

  test('who is not logged in is nobody, and gets no token', async () => {
    for (const headers of [{}, { cookie: 'chat_session=made-up' }, { cookie: 'other=1; chat_sessions=x' }]) {
      assert.equal((await ask('GET', '/session', undefined, headers)).value['user'], null);
      const { status, value } = await ask('GET', '/token', undefined, headers);
      assert.deepEqual({ status, value }, { status: 401, value: { error: 'Log in first' } });
    }
  });

  test('logging out closes the tabs of this login on all gateways, and no others', async () => {
    const [login, other] = [await logIn('ann'), await logIn('ann')];
    const token = await tokenOf(login);
    const tabs = await Promise.all(gateways.map(({ socketUrl }) => TestTab.open(socketUrl, { token })));
    const stays = await TestTab.open(gateways[1]!.socketUrl, { token: await tokenOf(other) });
    const { cookie } = await ask('POST', '/logout', {}, login);
    assert.match(cookie!, /^chat_session=;.*Max-Age=0$/);
    for (const { closed } of tabs) assert.equal((await closed).code, 4403);
    assert.equal((await ask('GET', '/token', undefined, login)).status, 401);
    stays.send('sys/ping', [], 1);
    await stays.next('sys/ping');
    await stays.close();
  });

  test('who logs in again has logged out before', async () => {
    const login = await logIn('ann');
    const tab = await TestTab.open(gateways[0]!.socketUrl, { token: await tokenOf(login) });
    assert.equal((await ask('POST', '/login', { name: 'bob' }, login)).status, 200);
    assert.equal((await tab.closed).code, 4403);
    assert.equal((await ask('GET', '/session', undefined, login)).value['user'], null);
  });

  const names: [what: string, name: unknown][] = [
    ['none', undefined],
    ['a number', 42],
    ['a list', ['ann']],
    ['nothing but spaces', '   '],
    ['too long', 'x'.repeat(25)],
    ['HTML', '<b>ann</b>'],
    ['with a line break', 'ann\nbob'],
    ['that turns the writing around', 'ann\u202ebob'],
  ];
  for (const [what, name] of names)
    test(`a name that is ${what} is refused with a sentence`, async () => {
      const { status, value, cookie } = await ask('POST', '/login', { name });
      assert.deepEqual({ status, cookie }, { status: 400, cookie: undefined });
      assert.match(value['error']!, /^Expected a name of up to 24 letters/);
    });

  for (const [body, status, sentence] of [
    ['{"name": "ann"', 400, 'Expected JSON'],
    ['null', 400, 'Expected a name'],
    ['', 400, 'Expected JSON'],
    [`{"name": "${'x'.repeat(100_000)}"}`, 413, 'Expected at most 1000 characters'],
  ] as const)
    test(`a body that is ${body.slice(0, 20) || 'empty'} is refused with ${status}`, async () => {
      const answer = await ask('POST', '/login', body);
      assert.equal(answer.status, status);
      assert.ok(answer.value['error']!.startsWith(sentence), answer.value['error']!);
    });

  /** Sends what `fetch` would mend. */
  async function askRaw(requestLine: string, headers: string): Promise<{ status: number; body: string }> {
    const wire = await Wire.connect(Number(port));
    const answer = await wire.ask(`${requestLine} HTTP/1.1\r\n${headers}`);
    wire.end();
    return answer;
  }

  test('a page of another origin can neither log in nor log out', async () => {
    for (const foreign of ['https://evil.example', 'null', `https://${host}`, `${origin}.evil.example`])
      for (const path of ['/login', '/logout']) {
        const { status } = await ask('POST', path, { name: 'ann' }, { origin: foreign });
        assert.equal(status, 403, `${path} from ${foreign}`);
      }
    const without = await askRaw('POST /logout', `Host: ${host}\r\nContent-Length: 0`);
    assert.equal(without.status, 403, 'without an origin');
  });

  test('a name that only resolves to this machine is sent away', async () => {
    for (const foreign of ['evil.example', `evil.example:${port}`, `localhost.evil.example:${port}`, '']) {
      const { status, body } = await askRaw('GET /', `Host: ${foreign}`);
      assert.equal(status, 421, foreign);
      assert.deepEqual(JSON.parse(body), { error: `This chat lives at ${origin}` });
    }
  });

  test('no path leads out of the page', async () => {
    const paths = [
      '/../app.js',
      '/%2e%2e/app.js',
      '/..%2fapp.js',
      '/page/../../app.js',
      '//',
      '/app.js',
      '/.',
    ];
    for (const path of [...paths, '/../../../../../../etc/passwd', 'http://evil.example/', '/constructor']) {
      const { status, body } = await askRaw(`GET ${path}`, `Host: ${host}`);
      assert.equal(status, 404, path);
      assert.deepEqual(JSON.parse(body), { error: 'There is nothing here' });
    }
    for (const method of ['PUT', 'DELETE', 'OPTIONS'])
      assert.equal((await ask(method, '/style.css')).status, 404, method);
  });

  test('neither secrets nor keys are in anything that it serves', async () => {
    const html = await (await fetch(origin)).text();
    const login = await logIn('ann');
    const texts = [
      html,
      JSON.stringify(await ask('GET', '/session', undefined, login)),
      await tokenOf(login),
    ];
    for (const text of texts) assert.ok(!text.includes(secret) && !text.includes(apiKey));
  });
});
