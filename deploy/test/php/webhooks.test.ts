import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { GatewayProcess } from '@tabcast/gateway/testing/gateway';
import { TestTab } from '@tabcast/gateway/testing/tab';
import { PhpClass } from '../support/php-class.js';
import { without } from '../support/programs.js';

const secretOf = (words: string) => `whsec_${Buffer.from(words).toString('base64')}`;
const [oldSecret, newSecret, strange] = ['the old', 'the new', 'a strange'].map((which) =>
  secretOf(`${which} secret of the webhooks`),
) as [string, string, string];

type Server = Record<string, string>;

/** What PHP makes of headers. */
function asServer(headers: IncomingHttpHeaders): Server {
  const entries = Object.entries(headers).map(([name, value]) => [
    `HTTP_${name.toUpperCase().replaceAll('-', '_')}`,
    String(value),
  ]);
  return Object.fromEntries(entries);
}

/** Headers as a gateway would send them that signs at another time. */
function signedAt(time: string, body: string): Server {
  const key = Buffer.from(newSecret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`1.${time}.${body}`).digest('base64');
  return {
    HTTP_WEBHOOK_ID: '1',
    HTTP_WEBHOOK_TIMESTAMP: time,
    HTTP_WEBHOOK_SIGNATURE: `v1,${signature}`,
  };
}

describe('the PHP class verifies webhooks', { skip: without('php') }, () => {
  const php = new PhpClass({ urls: 'http://127.0.0.1:1' });
  let server: Server;
  let body: string;

  before(async () => {
    const application = createServer(async (request, response) => {
      server = asServer(request.headers);
      body = await text(request);
      response.end('{"user":"ann"}');
    }).listen(0, '127.0.0.1');
    await once(application, 'listening');
    const gateway = await GatewayProcess.start({
      WEBHOOK_URL: `http://127.0.0.1:${(application.address() as AddressInfo).port}/`,
      WEBHOOK_SECRETS: [newSecret, oldSecret].join(),
      WEBHOOK_EVENTS: 'connect',
      WEBHOOK_PRIVATE_NETWORKS: 'true',
    });
    after(async () => {
      await gateway.kill();
      application.close();
    });
    const tab = await TestTab.open(gateway.socketUrl, { headers: { 'user-agent': 'grüß/1.0' } });
    assert.equal((await tab.welcome()).user, 'ann');
    await tab.close();
  });

  for (const [title, secrets] of Object.entries({
    'the new secret': newSecret,
    'the old one, while both sign': oldSecret,
    'several, of which one signs': [strange, oldSecret],
  }))
    test(`an event that a gateway has signed is taken with ${title}`, async () => {
      const event = await php.call<{ type: string }>('webhook', [secrets, server, body]);
      assert.equal(event.type, 'connect');
      assert.deepEqual(event, JSON.parse(body));
    });

  test('one that is forged, changed, cut or has no signature is answered with 400', async () => {
    const lacking = (name: string) => ({ ...server, [name]: '' });
    const [, ...others] = server['HTTP_WEBHOOK_SIGNATURE']!.split(',');
    for (const forged of [
      [strange, server, body],
      [newSecret, server, body.replace('connect', 'action')],
      [newSecret, server, body.slice(0, -1)],
      [newSecret, { ...server, HTTP_WEBHOOK_ID: '2' }, body],
      [newSecret, { ...server, HTTP_WEBHOOK_SIGNATURE: `v2,${others}` }, body],
      [newSecret, lacking('HTTP_WEBHOOK_SIGNATURE'), body],
      [newSecret, lacking('HTTP_WEBHOOK_TIMESTAMP'), body],
      [newSecret, {}, ''],
    ]) {
      const thrown = await php.fail('webhook', forged);
      assert.deepEqual([thrown.class, thrown.status], ['Tabcast\\TabcastException', 400]);
    }
  });

  test('one that is more than five minutes old, or of the future, is answered with 400', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const time of [now - 330, now + 330, `${now}.5`, '', '-1']) {
      const thrown = await php.fail('webhook', [newSecret, signedAt(String(time), body), body]);
      assert.equal(thrown.status, 400, `${time}`);
    }
    for (const time of [now - 270, now + 270])
      await php.call('webhook', [newSecret, signedAt(String(time), body), body]);
  });

  test('a secret that anybody could guess is refused, and none is ever shown', async () => {
    for (const weak of ['', 'whsec_', 'whsec_c2hvcnQ=', 'whsec_not base64!', newSecret.slice(6)]) {
      const { class: thrown, dump } = await php.fail('webhook', [[newSecret, weak], server, body]);
      assert.equal(thrown, 'InvalidArgumentException');
      assert.equal(dump.includes(newSecret), false);
    }
    const { dump } = await php.fail('webhook', [[newSecret], server, 'another body']);
    assert.equal(dump.includes(newSecret), false);
  });
});
