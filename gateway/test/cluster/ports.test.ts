import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { consoleRoutes } from '../../src/http/console.js';
import { operations } from '../../src/http/operations.js';
import { apiKey, GatewayProcess } from '../support/gateway.js';
import { shakeHands } from '../support/raw-client.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { type HttpAnswer, Wire } from '../support/wire.js';

/**
 * Two ports, two worlds: nothing of the internal port can be had on the public one, however it is asked for, and the
 * internal one takes no WebSocket. Requests are written byte by byte, because no library sends such targets.
 */

const internal = [...Object.values(operations), ...consoleRoutes()].map(({ method, path, guarded }) => ({
  method,
  path: path.replace('{id}', '42').replace('{user}', '43'),
  guarded,
}));
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT'];
const paths = [...new Set(internal.map(({ path }) => path))];

const encoded = (path: string) => path.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);

/** Ways to write a path so that a careless reader takes it for the path itself. */
const disguises: Readonly<Record<string, (path: string, internalPort: number) => string>> = {
  'as it is': (path) => path,
  'with a query': (path) => `${path}?x`,
  'with a fragment': (path) => `${path}#x`,
  'with a parameter': (path) => `${path};x`,
  'with a slash behind': (path) => `${path}/`,
  'with a slash doubled': (path) => `/${path}`,
  'with all slashes doubled': (path) => path.replaceAll('/', '//'),
  'with backslashes': (path) => path.replaceAll('/', '\\'),
  'without the slash before': (path) => path.slice(1),
  'with encoded letters': encoded,
  'with encoded slashes': (path) => `/${path.slice(1).replaceAll('/', '%2f')}`,
  'in capitals': (path) => path.toUpperCase(),
  'by way of here': (path) => `/.${path}`,
  'by way of the socket': (path) => `/ws/..${path}`,
  'by way of the socket, encoded': (path) => `/ws/%2e%2e${path}`,
  'below the socket': (path) => `/ws${path}`,
  'as the query of the socket': (path) => `/ws/?${path}`,
  'with the internal address': (path, port) => `http://127.0.0.1:${port}${path}`,
  'with a NUL behind': (path) => `${path}%00`,
};

/** Headers by which proxies tell another target than that of the request. */
const headerTricks = (path: string, internalPort: number) => [
  [`Host: 127.0.0.1:${internalPort}`],
  ['Host: localhost', 'X-Forwarded-For: 127.0.0.1', `X-Forwarded-Host: 127.0.0.1:${internalPort}`],
  ['Host: x', `X-Original-URL: ${path}`, `X-Rewrite-URL: ${path}`, `X-Forwarded-Prefix: ${path}`],
  ['Host: x', 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
];

async function ask(port: number, method: string, target: string, headers: string[] = ['Host: x']) {
  const wire = await Wire.connect(port);
  const body = method === 'GET' || method === 'HEAD' ? '' : '{}';
  const lines = [...headers, `Authorization: Bearer ${apiKey}`, `Content-Length: ${body.length}`];
  const answer = await wire.ask([`${method} ${target} HTTP/1.1`, ...lines].join('\r\n'), body);
  wire.end();
  return answer;
}

/** Fails unless an answer says that nothing is there, or that this is no target at all (505, from uWebSockets). */
function assertNothing(answer: HttpAnswer, what: string): void {
  assert.ok([400, 404, 505].includes(answer.status), `${what}: ${answer.head}`);
  assert.ok(answer.body.length < 300 && !answer.headers.has('allow'), `${what}: ${answer.body}`);
}

describe('the public port and the internal port', { timeout: 60_000 }, () => {
  let gateway: GatewayProcess;
  let witness: TestTab;

  before(async () => {
    gateway = await GatewayProcess.start();
    witness = await TestTab.open(gateway.socketUrl, { token: await tokenFor('42') });
  });
  after(async () => {
    witness.socket.terminate();
    await gateway.kill('SIGTERM');
  });

  test('every route is there on the internal port, or the other tests would prove nothing', async () => {
    for (const { method, path, guarded } of internal) {
      const answer = await fetch(`http://127.0.0.1:${gateway.internalPort}${path}`, {
        method,
        redirect: 'manual',
      });
      await answer.body?.cancel();
      assert.equal(answer.status, guarded ? 401 : path === '/console' ? 308 : 200, `${method} ${path}`);
    }
  });

  for (const [how, disguise] of Object.entries(disguises))
    test(`on the public port none is, written ${how}`, async () => {
      for (const { method, path } of internal) {
        const target = disguise(path, gateway.internalPort);
        assertNothing(await ask(gateway.publicPort, method, target), `${method} ${target}`);
      }
    });

  test('nor by any other method', async () => {
    for (const path of paths)
      for (const method of methods)
        assertNothing(await ask(gateway.publicPort, method, path), `${method} ${path}`);
  });

  test('nor by headers that tell another target', async () => {
    const { publicPort, internalPort } = gateway;
    for (const { method, path } of internal)
      for (const headers of headerTricks(path, internalPort))
        for (const target of [path, '/'])
          assertNothing(await ask(publicPort, method, target, headers), `${method} ${target} ${headers}`);
  });

  test('nor by an upgrade to a WebSocket', async () => {
    for (const path of paths)
      for (const disguise of Object.values(disguises)) {
        const wire = await Wire.connect(gateway.publicPort);
        const token = await tokenFor('42');
        const target = disguise(path, gateway.internalPort);
        const headers = { Authorization: `Bearer ${token}` };
        assertNothing(await shakeHands(wire, { path: target, headers }), target);
        wire.end();
      }
  });

  test('nor behind a refused handshake on the same connection', async () => {
    for (const { method, path } of internal) {
      const wire = await Wire.connect(gateway.publicPort);
      const hidden = `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${apiKey}\r\n\r\n`;
      const refused = await wire.ask('GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket', hidden);
      assert.equal(refused.status, 426);
      // Has been answered too by now; what this writes comes after it.
      assertNothing(await wire.ask('GET / HTTP/1.1\r\nHost: x'), `${method} ${path}`);
      wire.end();
    }
  });

  test('the internal port takes no WebSocket', async () => {
    const headers = { Authorization: `Bearer ${await tokenFor('42')}` };
    for (const path of ['/', '/ws', '/ws/', '//ws', ...paths]) {
      const wire = await Wire.connect(gateway.internalPort);
      const answer = await shakeHands(wire, { path, headers });
      assert.notEqual(answer.status, 101, path);
      assert.equal(answer.headers.has('sec-websocket-accept'), false, path);
      wire.end();
    }
  });

  test('and after all that the gateway is as it was, and its tab has heard of nothing', async () => {
    const ready = await fetch(`http://127.0.0.1:${gateway.internalPort}/readyz`);
    assert.equal(ready.status, 200);
    await gateway.send({ to: { user: '42' }, action: 'real' });
    await witness.next('real');
    assert.deepEqual(
      witness.frames.map(({ action }) => action).filter((action) => !action.startsWith('sys/')),
      ['real'],
    );
  });
});
