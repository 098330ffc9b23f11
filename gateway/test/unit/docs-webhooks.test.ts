import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readSecret, sign } from '../../src/backend/webhook/signature.js';
import { blockWith, documentAt } from '../support/documents.js';
import { noPhp, type PhpServer, startPhp } from '../support/php.js';

/** The PHP of docs/webhooks.md behind `php -S`, and requests as a gateway makes them. */

const secret = `whsec_${Buffer.from('32 bytes that nobody could guess').toString('base64')}`;
const otherSecret = `whsec_${Buffer.alloc(32).toString('base64')}`;
const document = documentAt('docs/webhooks.md');
const scratch = mkdtempSync(join(tmpdir(), 'tabcast-webhooks-'));

describe('the PHP in docs/webhooks.md', { skip: noPhp }, () => {
  let php: PhpServer;

  before(async () => {
    writeFileSync(join(scratch, 'webhook.php'), blockWith(document, 'php', 'function webhook('));
    writeFileSync(join(scratch, 'chat.php'), blockWith(document, 'php', 'function chat('));
    php = await startPhp(join(scratch, 'chat.php'), { WEBHOOK_SECRET: secret });
  });
  after(async () => {
    await php.close();
    rmSync(scratch, { recursive: true });
  });

  const chat = (user: string | null) =>
    JSON.stringify({
      type: 'action',
      data: { user, action: 'chat/say', details: ['staff', 'Good morning'] },
    });

  /** Posts a body with the headers of Standard Webhooks, made up as `forge` says. */
  async function post(body: string, forge: { secrets?: string[]; age?: number; id?: string } = {}) {
    const { secrets = [secret], age = 0, id = 'msg_1' } = forge;
    const timestamp = Math.floor(Date.now() / 1000) - age;
    const keys = secrets.map((one) => readSecret(one)!);
    const answer = await fetch(php.url, {
      method: 'POST',
      body,
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(timestamp),
        'webhook-signature': sign(keys, id, timestamp, body),
      },
    });
    const text = await answer.text();
    return { status: answer.status, said: text === '' ? undefined : JSON.parse(text) };
  }

  test('answers what is signed rightly, also with one secret of several', async () => {
    const said = {
      send: [{ to: { group: 'staff' }, action: 'chat/message', details: ['42', 'Good morning'] }],
      reply: ['sent'],
    };
    assert.deepEqual(await post(chat('42')), { status: 200, said });
    assert.deepEqual(await post(chat('42'), { secrets: [otherSecret, secret] }), { status: 200, said });
  });

  test('answers with an error where the application wants one', async () => {
    assert.deepEqual((await post(chat(null))).said, { error: [403, 'Log in to write'] });
    const other = JSON.stringify({ type: 'action', data: { action: 'other', details: [] } });
    assert.deepEqual((await post(other)).said, { error: [404, 'No such action'] });
  });

  test('refuses what another secret signed, what is old, and what is not what was signed', async () => {
    const refused = { status: 400, said: undefined };
    assert.deepEqual(await post(chat('42'), { secrets: [otherSecret] }), refused);
    assert.deepEqual(await post(chat('42'), { age: 301 }), refused);
    assert.deepEqual(await post(chat('42'), { age: -302 }), refused);
    assert.deepEqual(await post(chat('42'), { id: 'msg_2' }), refused);
    assert.equal((await fetch(php.url, { method: 'POST', body: chat('42') })).status, 400);
  });
});
