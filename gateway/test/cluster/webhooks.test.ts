import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noPhp } from '../support/php.js';
import { PhpApplication } from '../support/php-application.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

describe('an application in PHP answers actions, and is told what becomes of tabs', { skip: noPhp }, () => {
  const php = new PhpApplication();

  test('an action is answered by a reply, an error, or an empty reply', async () => {
    const tab = await php.openAs('ann');
    const { session, connection } = await tab.welcome();
    const rows: [action: string, details: unknown[], answer: string, expected: unknown[]][] = [
      ['echo', [1, { a: [] }, 'ä'], 'echo', [1, { a: [] }, 'ä']],
      ['who', [], 'who', ['ann', session, connection]],
      ['refuse', [4711, 'No'], 'refuse:error', [4711, 'No']],
      ['silent', [], 'silent', []],
      ['typo', [], 'typo:error', [502, 'The application refused the action, or gave no answer to it']],
      ['crash', [], 'crash:error', [502, 'The application refused the action, or gave no answer to it']],
    ];
    for (const [index, [action, details, answer, expected]] of rows.entries()) {
      tab.send(action, details, index);
      const frame = await tab.next(answer);
      assert.deepEqual([frame.re, frame.details], [index, expected]);
    }
    assert.ok(
      php.gateway.log.some(({ reason }) => /replies: expected only reply, error, send/.test(String(reason))),
    );
    await tab.close();
  });

  test('a MessagePack tab gets the same', async () => {
    const tab = await TestTab.open(php.gateway.socketUrl, {
      token: await tokenFor('bob'),
      encoding: 'msgpack',
    });
    tab.send('echo', [1, { a: [] }, 'ä'], 'x');
    assert.deepEqual(await tab.next('echo'), { action: 'echo', details: [1, { a: [] }, 'ä'], re: 'x' });
    await tab.close();
  });

  test('sends of an answer arrive; one that is wrong makes it no answer', async () => {
    const [ann, bob] = [await php.openAs('ann'), await php.openAs('bob')];
    ann.send('say', [{ groups: ['members'], except: ann.connection }], 1);
    ann.send('say', [{ user: 'ann' }], 2);
    ann.send('say', [{ user: 7 }], 3);
    assert.deepEqual((await bob.next('said')).details, ['ann']);
    assert.equal((await ann.next('say:error')).details[0], 502);
    await ann.close();
    const got = ann.frames.map(({ action, re }) => [action, re].join(' ')).slice(1);
    assert.deepEqual(got.sort(), ['said ', 'say 1', 'say 2', 'say:error 3', 'sys/position ']);
    await bob.close();
  });

  test('actions of one tab come in their order', async () => {
    const tab = await php.openAs('ann');
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    for (const n of numbers) tab.send('echo', [n], n);
    await until('all replies', () => tab.frames.filter(({ action }) => action === 'echo').length === 40);
    const { connection } = tab;
    const asked = php
      .events()
      .filter(({ data }) => data['connection'] === connection && data['action'] === 'echo');
    assert.deepEqual(
      asked.map(({ data }) => (data['details'] as number[])[0]),
      numbers,
    );
    await tab.close();
  });

  test('a tab that goes is told of, with its close code, after its last action', async () => {
    const tab = await php.openAs('ann');
    const { connection, session } = await tab.welcome();
    tab.send('silent');
    await tab.close();
    const own = () => php.events().filter(({ data }) => data['connection'] === connection);
    await until('the disconnect', () => own().length === 2);
    assert.deepEqual(
      own().map(({ type }) => type),
      ['action', 'disconnect'],
    );
    assert.deepEqual(own()[1]!.data, { connection, session, user: 'ann', code: 1000, reason: 'client' });
  });

  test('a user comes online with the first tab and goes offline with the last', async (t) => {
    const telling = await php.start(['online', 'offline'], { OFFLINE_DELAY: '1500' });
    t.after(() => telling.kill());
    const open = async () => TestTab.open(telling.socketUrl, { token: await tokenFor('eve') });
    const told = () =>
      php
        .events()
        .filter(({ data }) => data['user'] === 'eve')
        .map(({ type }) => type);
    const tabs = [await open(), await open()];
    await until('online', () => told().length === 1);
    for (const tab of tabs) await tab.close();
    await until('offline', () => told().length === 2);
    assert.deepEqual(told(), ['online', 'offline']);
  });

  test('a gateway that stops tells of every tab before it ends', async () => {
    const stopping = await php.start(['disconnect']);
    const tabs = await Promise.all(
      Array.from({ length: 20 }, async (_, n) =>
        TestTab.open(stopping.socketUrl, { token: await tokenFor(`leaver ${n}`) }),
      ),
    );
    const connections = tabs.map(({ connection }) => connection).sort();
    await stopping.kill('SIGTERM');
    const told = php
      .events()
      .filter(({ type, data }) => type === 'disconnect' && /^leaver/.test(String(data['user'])));
    assert.deepEqual(told.map(({ data }) => data['connection']).sort(), connections);
    assert.deepEqual(
      told.map(({ data }) => data['code']),
      connections.map(() => 4000),
    );
  });
});
