import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { secret } from '@tabcast/gateway/testing/gateway';
import { TestTab, tokenFor } from '@tabcast/gateway/testing/tab';
import { TwoGateways } from '@tabcast/gateway/testing/two-gateways';
import { PhpClass } from '../support/php-class.js';
import { without } from '../support/programs.js';

type Receipt = Record<string, { gateways: number; position?: string }>;

describe('the PHP class, at two gateways', { skip: without('php') }, () => {
  const { gateways } = new TwoGateways();
  const php = () => new PhpClass({ urls: internalUrl(0) });
  const internalUrl = (index: 0 | 1) => `http://127.0.0.1:${gateways[index]!.internalPort}`;

  async function open(user: string, grant: Parameters<typeof tokenFor>[1] = {}): Promise<TestTab> {
    return TestTab.open(gateways[1]!.socketUrl, { token: await tokenFor(user, grant) });
  }

  test('a send reaches the tab at the other gateway, and the receipt says who is there', async () => {
    const tab = await open('ann');
    const receipt = await php().call<Receipt>('send', [
      { user: 'ann' },
      'order/shipped',
      { order: 1 },
      'ü',
      1.0,
    ]);
    assert.equal(receipt['user:ann']!.gateways, 1);
    assert.match(receipt['user:ann']!.position!, /^\d+-1$/);
    assert.deepEqual((await tab.next('order/shipped')).details, [{ order: 1 }, 'ü', 1]);
    assert.equal((await php().call<Receipt>('send', [{ user: 'nobody' }, 'x']))['user:nobody']!.gateways, 0);
    await tab.close();
  });

  test('what is sent without history has no position, and one tab can be left out', async () => {
    const [one, other] = [await open('bob'), await open('bob')];
    const to = { user: 'bob', except: one.connection };
    const receipt = await php().call<Receipt>('send', [to, 'typing'], { history: false });
    assert.deepEqual(receipt, { 'user:bob': { gateways: 1 } });
    await php().call('send', [{ user: 'bob' }, 'end']);
    assert.deepEqual((await other.next('typing')).details, []);
    await one.next('end');
    assert.equal(
      one.frames.some(({ action }) => action === 'typing'),
      false,
    );
    await Promise.all([one.close(), other.close()]);
  });

  test('a job that runs twice under a key of its own is one send', async () => {
    const tab = await open('cid');
    const send = [{ user: 'cid' }, 'job', 1];
    const receipts = [
      await php().call('send', send, { key: 'job-7' }),
      await php().call('send', send, { key: 'job-7' }),
    ];
    assert.deepEqual(receipts[0], receipts[1]);
    await php().call('send', [{ user: 'cid' }, 'end']);
    await tab.next('end');
    assert.equal(tab.frames.filter(({ action }) => action === 'job').length, 1);
    await tab.close();
  });

  test('a batch is answered with a receipt for each, in order', async () => {
    const tab = await open('dan', { groups: ['staff'] });
    const batch = [
      { to: { user: 'dan' }, action: 'first', details: [1] },
      { to: { group: 'staff' }, action: 'second', history: false },
    ];
    const receipts = await php().call<Receipt[]>('batch', [batch]);
    assert.deepEqual(receipts.map(Object.keys), [['user:dan'], ['group:staff']]);
    assert.equal('position' in receipts[1]!['group:staff']!, false);
    assert.deepEqual((await tab.next('first')).details, [1]);
    await tab.next('second');
    await tab.close();
  });

  test('a user is online or not, whatever the id', async () => {
    const tab = await open('a/b ü?');
    const { online, tabs, gateways: where } = await php().call<Record<string, unknown>>('user', ['a/b ü?']);
    assert.deepEqual({ online, tabs, where }, { online: true, tabs: 1, where: [gateways[1]!.id] });
    assert.equal((await php().call<{ online: boolean }>('user', ['nobody'])).online, false);
    await tab.close();
  });

  test('a user is put into a group and taken out', async () => {
    const tab = await open('eve');
    assert.equal(await php().call('put', ['eve', 'night/shift']), 1);
    assert.equal((await tab.next('sys/join')).details[0], 'night/shift');
    assert.equal(await php().call('remove', ['eve', 'night/shift']), 1);
    assert.equal((await tab.next('sys/leave')).details[0], 'night/shift');
    await tab.close();
  });

  test('tabs are closed, and tokens taken back', async () => {
    const phone = await open('fay', { session: 'phone' });
    const desk = await open('fay', { session: 'desk' });
    assert.equal(await php().call('disconnect', [{ user: 'fay', session: 'phone', reconnect: true }]), 1);
    assert.equal((await phone.closed).code, 4007);
    const { session } = await php().call<{ session: string }>('revoke', [{ user: 'fay', session: 'desk' }]);
    assert.equal(session, 'desk');
    assert.equal((await desk.closed).code, 4403);
  });

  test('gateways accept its tokens, with session, groups and what may be joined', async () => {
    const session = await php().call<string>('session', ['the id of a PHP session']);
    const token = await php().call<string>('token', [secret, 'gus', session, ['staff'], ['room/*'], 60]);
    const tab = await TestTab.open(gateways[0]!.socketUrl, { token });
    const welcome = await tab.welcome();
    assert.deepEqual([welcome.user, welcome.session, welcome.groups], ['gus', session, ['staff']]);
    assert.ok(welcome.expires! - Date.now() <= 60_000);
    tab.send('sys/join', ['room/7'], 1);
    assert.equal((await tab.next('sys/join')).details[0], 'room/7');
    await tab.close();

    const plain = await TestTab.open(gateways[0]!.socketUrl, {
      token: await php().call('token', [secret, 'gus']),
    });
    assert.deepEqual([(await plain.welcome()).session, (await plain.welcome()).groups], [null, []]);
    await plain.close();
  });

  test('a refusal says which field, and no secret', async () => {
    const wrong = await php().fail('send', [{ user: 42 }, 'x']);
    assert.deepEqual([wrong.status, wrong.problem, wrong.field], [400, 'invalid-field', 'to.user']);
    assert.match(wrong.message, /to\.user: expected a string, not a number/);

    const strange = new PhpClass({ urls: internalUrl(0), apiKey: 'a-key-that-no-gateway-knows' });
    const unknown = await strange.fail('send', [{ user: 'ann' }, 'x']);
    assert.deepEqual([unknown.status, unknown.problem], [401, 'unauthorized']);
    const short = await php().fail('token', ['a-secret-too-short', 'ann']);
    assert.match(short.message, /expected 32 bytes/);

    for (const { dump } of [wrong, unknown, short]) {
      assert.match(dump, /Stack trace/);
      assert.doesNotMatch(dump, /an-api-key|a-key-that|a-secret/);
    }
  });

  test('what cannot be meant is refused before anything is sent', async () => {
    for (const [method, details, named, what] of [
      ['send', [{ user: 'ann' }, 'x'], { histroy: false }, /only named arguments are history and key/],
      ['send', [{ user: 'ann' }, 'x'], { key: 'a\r\nX-Other: b' }, /key: expected visible ASCII/],
    ] as const)
      assert.match((await php().fail(method, [...details], named)).message, what);
    const wrong = [
      { urls: [] },
      { urls: 'redis://a' },
      { urls: 'http://u:p@a' },
      { urls: 'http://a', apiKey: 'my-secret key' },
    ];
    for (const given of wrong) {
      const { class: thrown, dump } = await new PhpClass(given).fail('user', ['ann']);
      assert.equal(thrown, 'InvalidArgumentException');
      assert.doesNotMatch(dump, /an-api-key|my-secret/);
    }
  });
});
