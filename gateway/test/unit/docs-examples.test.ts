import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { closeCodes, closeRule, jsonProtocol, normalize } from '@tabcast/shared';
import { createApiKeys } from '../../src/auth/api-key.js';
import { importKeys } from '../../src/auth/keys.js';
import { createTokenVerifier } from '../../src/auth/token.js';
import { loadConfig, readConfig } from '../../src/config/config.js';
import type { Send } from '../../src/fanout/fanout.js';
import { readDisconnect } from '../../src/http/disconnect.js';
import { problems } from '../../src/http/problem.js';
import { readRevocation } from '../../src/http/revoke.js';
import { Router } from '../../src/http/routes.js';
import { readSend, type Sender, sendRoute } from '../../src/http/send.js';
import { Counters } from '../../src/metrics/counters.js';
import { admit } from '../../src/socket/admission.js';
import { blocks, blockWith, type Document, documentAt, documents } from '../support/documents.js';

const readme = documentAt('README.md');
const php = spawnSync('php', ['--version']).status === 0 ? false : 'php is not installed';

const scratch = mkdtempSync(join(tmpdir(), 'tabcast-docs-'));
after(() => rmSync(scratch, { recursive: true }));

function save(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

/** The JSON blocks of a document, and the items of those that are arrays. */
function valuesIn(document: Document): Record<string, unknown>[] {
  return blocks(document, 'json').flatMap((block) => JSON.parse(block));
}

/** What is given to `curl -d`, and the route it is for. */
function bodiesIn(document: Document): { route: string; body: unknown }[] {
  const calls = blocks(document, 'sh').flatMap((block) => [
    ...block.matchAll(/(\/v1\/\w+)(?:[^'\n]|\\\n|'Auth[^']*')*-d '([^']+)'/g),
  ]);
  return calls.map(([, route, body]) => ({ route: route!, body: JSON.parse(body!) }));
}

/** What reads the body of a route. */
const readers: Record<string, (body: unknown) => object> = {
  '/v1/send': readSend,
  '/v1/disconnect': readDisconnect,
  '/v1/revoke': (body) => readRevocation(body, 3600, Date.now()),
};

describe('examples in the docs', () => {
  test('sends are such as the API takes', () => {
    const sends = documents.flatMap(valuesIn).filter((value) => 'to' in value);
    assert.ok(sends.length > 2);
    for (const send of sends) assert.ok('action' in readSend(send), JSON.stringify(readSend(send)));
  });

  test('what curl posts is such as the API takes', () => {
    const posted = documents.flatMap(bodiesIn);
    assert.deepEqual(new Set(posted.map(({ route }) => route)), new Set(Object.keys(readers)));
    for (const { route, body } of posted) {
      const read = readers[route]!(body);
      assert.ok(!('expected' in read), `${route}: ${JSON.stringify(read)}`);
    }
  });

  test('frames are such as the protocol takes', () => {
    const frames = documents.flatMap(valuesIn).filter((value) => 'action' in value && !('to' in value));
    assert.ok(frames.length > 3);
    for (const frame of frames) assert.deepEqual(normalize(frame), frame);
  });

  test('problems have the status and title that they are sent with', () => {
    const refusals = documents.flatMap(valuesIn).filter((value) => 'status' in value);
    assert.ok(refusals.length > 1);
    for (const { type, code, status, title } of refusals) {
      assert.deepEqual({ status, title }, problems[code as keyof typeof problems]);
      assert.equal(type, `urn:tabcast:problem:${code}`);
    }
  });

  test('configurations can be read, and with the least one a gateway starts', () => {
    const files = blocks(documentAt('docs/configuration.md'), 'json');
    assert.equal(files.length, 2);
    const sources = (file: string) => ({
      flags: new Map([['config', ['x']]]),
      environment: {},
      readFile: () => file,
    });
    for (const file of files) assert.deepEqual(readConfig(sources(file)).problems, []);
    assert.deepEqual(loadConfig(sources(files[0]!)).problems, []);
  });

  test('JavaScript and shell have no syntax errors', () => {
    const checks = { mjs: ['js', process.execPath, '--check'], sh: ['sh', 'sh', '-n'] } as const;
    for (const [suffix, [language, command, flag]] of Object.entries(checks))
      for (const block of documents.flatMap((document) => blocks(document, language))) {
        const check = spawnSync(command, [flag, save(`block.${suffix}`, block)], { encoding: 'utf8' });
        assert.equal(check.status, 0, `${check.stderr}\n${block}`);
      }
  });
});

describe('the protocol', () => {
  test('its small client connects as a gateway wants it, and again as the close codes say', async () => {
    const page = blockWith(documentAt('docs/protocol.md'), 'js', 'new WebSocket');
    const { protocols, closed } = await openPage(page);
    assert.deepEqual(
      admit(handshakeOffering(protocols), { origins: [], tokenCookie: '', tokenQuery: false }),
      {
        encoding: 'json',
        protocol: jsonProtocol,
        token: 'head.claims.signature',
        resumes: false,
      },
    );
    for (const code of [1006, ...Object.keys(closeCodes).map(Number)])
      assert.equal(closed(code), closeRule(code).reconnect, `after ${code}`);
  });
});

describe('the README', () => {
  test('its token, made by PHP, is accepted', { skip: php }, async () => {
    const secret = 'a secret that the application shares with the gateways';
    const file = save('token.php', blockWith(readme, 'php', 'hash_hmac'));
    const { output } = await runPhp(file, { SECRET: secret });
    const imported = await importKeys({ secrets: [secret], publicKeys: [] });
    assert.ok('keys' in imported);
    const verifier = createTokenVerifier({ keys: imported.keys, clockTolerance: 0, now: Date.now });
    const verdict = await verifier.verify(output);
    assert.ok('identity' in verdict, JSON.stringify(verdict));
    const { expires, issued, tokenId, ...identity } = verdict.identity;
    assert.deepEqual(identity, {
      user: '42',
      session: createHash('sha256').digest('hex').slice(0, 16),
      groups: ['staff'],
      join: ['room/*'],
    });
    assert.ok(expires! > Date.now());
  });

  test('its send in PHP arrives, and a refusal becomes an exception', { skip: php }, async (t) => {
    const sent: Send[] = [];
    const api = await serveSends('the-right-key', async (send) => {
      sent.push(send);
      return { 'user:42': { gateways: 1 } };
    });
    t.after(() => api.close());
    const { port } = api.address() as AddressInfo;
    const snippet = blockWith(readme, 'php', '127.0.0.1:8081').replace('127.0.0.1:8081', `127.0.0.1:${port}`);
    const file = save('send.php', `${snippet}echo json_encode($receipt);`);

    assert.deepEqual(await runPhp(file, { KEY: 'the-right-key' }), {
      code: 0,
      output: '{"user:42":{"gateways":1}}',
    });
    assert.deepEqual(sent, [{ to: { user: '42' }, action: 'order/shipped', details: [{ order: 1234 }] }]);
    const refused = await runPhp(file, { KEY: 'another-key' });
    assert.equal(refused.code, 255);
    assert.match(refused.output, /RuntimeException: tabcast: .*unauthorized/);
  });
});

/** Runs a page until it connects. `closed` closes its socket and says whether it would connect again. */
async function openPage(script: string): Promise<{ protocols: string[]; closed(code: number): boolean }> {
  let timers = 0;
  const socket = await new Promise<{ protocols: string[]; onclose?(event: { code: number }): void }>(
    (opened) => {
      class WebSocket {
        constructor(_url: string, protocols: string[]) {
          opened(Object.assign(this, { protocols }));
        }
      }
      const fetch = async () => ({ text: async () => 'head.claims.signature' });
      runInNewContext(script, { WebSocket, fetch, setTimeout: () => timers++ });
    },
  );
  const closed = (code: number) => {
    const before = timers;
    socket.onclose?.({ code });
    return timers > before;
  };
  return { protocols: socket.protocols, closed };
}

function handshakeOffering(protocols: readonly string[]) {
  const headers = new Map([
    ['upgrade', 'websocket'],
    ['connection', 'Upgrade'],
    ['sec-websocket-version', '13'],
    ['sec-websocket-protocol', protocols.join(', ')],
  ]);
  return { header: (name: string) => headers.get(name) ?? '', query: () => undefined };
}

/** The real route for sends behind a server of Node, on a free port. */
async function serveSends(key: string, send: Sender['send']): Promise<Server> {
  const answer = sendRoute({ send }, new Counters());
  const route = { method: 'POST', path: '/v1/send', sentence: '', guarded: true, answer } as const;
  const router = new Router([route], createApiKeys([key]), (error) => assert.fail(String(error)));
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const body = Buffer.from(await textOf(request));
    const header = (name: string) => headers[name]?.toString();
    const answered = await router.answer({ method, path, query: '', header, body });
    response.writeHead(answered.status, answered.headers).end(answered.body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** What a script prints, errors among it, and its exit code. */
async function runPhp(file: string, environment: Record<string, string>) {
  const child = spawn('php', ['-d', 'display_errors=1', '-d', 'log_errors=0', file], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [[code], output] = await Promise.all([once(child, 'exit'), textOf(child.stdout)]);
  return { code: code as number, output };
}
