import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { watcher } from '../support/application.js';
import { GatewayProcess, type LogLine } from '../support/gateway.js';
import { withoutPositions } from '../support/receipt.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type TabEncoding, type TabOptions, TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** What tabs ask and an application's functions answer: the example as it is, and an application that behaves badly. */

const encodings: TabEncoding[] = ['json', 'msgpack'];
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

describe('actions', () => {
  let redis: RedisServer;
  let gateway: GatewayProcess;
  /** Another one, without an application. */
  let bare: GatewayProcess;
  const tabs: TestTab[] = [];

  before(async () => {
    redis = await startRedis();
    const options = { REDIS_URL: redis.url, ANONYMOUS: 'true' };
    bare = await GatewayProcess.start(options);
    gateway = await GatewayProcess.start({ ...options, HANDLERS: path('../support/application.js') });
  });

  after(async () => {
    for (const tab of tabs) tab.socket.terminate();
    for (const one of [bare, gateway]) await one.kill('SIGTERM');
    await redis.close();
  });

  async function open(at: GatewayProcess, options: TabOptions = {}): Promise<TestTab> {
    const tab = await TestTab.open(at.socketUrl, options);
    tabs.push(tab);
    return tab;
  }

  async function openAs(user: string, encoding: TabEncoding = 'json'): Promise<TestTab> {
    return open(gateway, { token: await tokenFor(user), encoding });
  }

  async function logged(error: string): Promise<LogLine> {
    const isIt = ({ level, err }: LogLine) =>
      level === 50 && (err as { message?: string })?.message === error;
    await until(`"${error}" in the log`, () => gateway.log.some(isIt));
    return gateway.log.find(isIt)!;
  }

  describe('answers', () => {
    for (const encoding of encodings)
      test(`a reply carries the id that it answers, be it a number or a string, in ${encoding}`, async () => {
        const tab = await openAs('ann', encoding);
        for (const id of [0, 7, -1.5, 'a text', '']) {
          tab.send('echo', ['x', { y: [id] }], id);
          assert.deepEqual(await tab.next('echo'), { action: 'echo', details: ['x', { y: [id] }], re: id });
        }
        tab.send('echo', ['x']);
        assert.deepEqual(await tab.next('echo'), { action: 'echo', details: ['x'] });
      });

    test('details that are no array are one argument, and none are none', async () => {
      const tab = await openAs('ann');
      for (const [details, expected] of [
        ['"text"', ['text']],
        ['{"a":1}', [{ a: 1 }]],
        ['null', [null]],
        ['[]', []],
      ] as const) {
        tab.socket.send(`{"action":"echo","details":${details}}`);
        assert.deepEqual((await tab.next('echo')).details, expected);
      }
      tab.socket.send('{"action":"echo"}');
      assert.deepEqual((await tab.next('echo')).details, []);
    });

    test('a function that says nothing: an empty reply where there is an id, else nothing', async () => {
      const tab = await openAs('ann');
      tab.send('silent');
      tab.send('silent', [], 3);
      assert.deepEqual(await tab.next('silent'), { action: 'silent', details: [], re: 3 });
      tab.send('echo');
      await tab.next('echo');
      assert.equal(tab.frames.filter(({ action }) => action === 'silent').length, 1);
    });

    test('of several answers only the first counts', async () => {
      const tab = await openAs('ann');
      tab.send('answer/twice', [], 1);
      tab.send('answer/then/throw', [], 2);
      tab.send('echo', [], 3);
      await tab.next('echo');
      assert.deepEqual(tab.frames.slice(1), [
        { action: 'answer/twice', details: ['first'], re: 1 },
        { action: 'answer/then/throw', details: ['answered'], re: 2 },
        { action: 'echo', details: [], re: 3 },
      ]);
      await logged('thrown after the answer');
    });

    test('an error with a code and a sentence of the application', async () => {
      const tab = await openAs('ann');
      tab.send('refuse', [1234, 'Not on a Sunday'], 1);
      assert.deepEqual(await tab.next('refuse:error'), {
        action: 'refuse:error',
        details: [1234, 'Not on a Sunday'],
        re: 1,
      });
    });

    for (const [action, message] of [
      ['throw', 'thrown on purpose'],
      ['reject', 'rejected on purpose'],
      ['answer/unwritable', 'Do not know how to serialize a BigInt'],
    ] as const)
      test(`a function that fails (${action}): error 500 without details, a log line, and life goes on`, async () => {
        const tab = await openAs('ann');
        tab.send(action, [], 1);
        const { details, re } = await tab.next(`${action}:error`);
        assert.deepEqual([details[0], re], [500, 1]);
        assert.doesNotMatch(details[1] as string, /purpose/);
        assert.equal((await logged(message))['action'], action);
        tab.send('echo', ['alive'], 2);
        assert.deepEqual((await tab.next('echo')).details, ['alive']);
      });

    test('an action that nothing handles is error 404, with and without an application', async () => {
      for (const at of [gateway, bare]) {
        const tab = await open(at, { token: await tokenFor('ann') });
        tab.send('no/such', [], 1);
        assert.deepEqual(await tab.next('no/such:error'), {
          action: 'no/such:error',
          details: [404, 'Nothing handles no/such'],
          re: 1,
        });
      }
    });

    test('a sys/ action that does not exist is error 404', async () => {
      const tab = await openAs('ann');
      tab.send('sys/reboot', [], 1);
      const { details, re } = await tab.next('sys/reboot:error');
      assert.deepEqual([details[0], re], [404, 1]);
    });
  });

  describe('what a function knows and can do', () => {
    test('it knows who asks, on which connection, and what', async () => {
      const token = await tokenFor('ann', { session: 's1', groups: ['red'], join: ['room/*'] });
      const tab = await open(gateway, { token });
      const { connection, expires } = await tab.welcome();
      tab.send('who', []);
      assert.deepEqual((await tab.next('who')).details, [
        {
          ...{ user: 'ann', session: 's1', groups: ['red'], join: ['room/*'] },
          // Tokens of the tests are good for ten minutes.
          ...{ expires, issued: expires! - 600_000, tokenId: null },
        },
        connection,
        'who',
      ]);
      const anonymous = await open(gateway);
      anonymous.send('who', []);
      assert.deepEqual((await anonymous.next('who')).details, [null, anonymous.connection, 'who']);
    });

    test('it can send to any target in the cluster, and gets the receipt', async () => {
      const asking = await openAs('ann');
      const far = await open(bare, { token: await tokenFor('far'), encoding: 'msgpack' });
      asking.send('send', [{ user: 'far' }, 'greeting', 'hi', 2], 1);
      assert.deepEqual((await far.next('greeting')).details, ['hi', 2]);
      assert.deepEqual(withoutPositions((await asking.next('send')).details), [
        { 'user:far': { gateways: 1 } },
      ]);
    });

    test('it can send as POST /v1/send has it, and keep that out of history', async () => {
      const tab = await openAs('hal');
      for (const history of [undefined, false])
        tab.send('send', [{ to: { user: 'hal' }, action: 'typing', details: [1, 2], history }], 1);
      const [kept, unkept] = [await tab.next('typing'), await tab.next('typing')];
      for (const { details } of [kept, unkept]) assert.deepEqual(details, [1, 2]);
      assert.equal(kept.at![0], 'user:hal');
      assert.equal(unkept.at, undefined);
      tab.send('send', [{ to: { user: 'hal' }, action: 'typing', history: 'no' }], 2);
      const [, sentence] = (await tab.next('send:error')).details;
      assert.equal(sentence, 'TypeError: send: history: expected true or false');
    });

    for (const [to, action, sentence] of [
      [{}, 'x', /TypeError: send: to: expected at least one of/],
      [{ usr: 'ann' }, 'x', /TypeError: send: to\.usr: expected one of/],
      ['ann', 'x', /TypeError: send: to: expected an object/],
      [{ user: 'ann' }, 'sys/welcome', /TypeError: send: action: expected an action that does not begin/],
      [{ user: 'ann' }, '', /TypeError: send: action: expected a string/],
    ] as const)
      test(`a send to ${JSON.stringify(to)} of "${action}" rejects with a sentence`, async () => {
        const tab = await openAs('ann');
        tab.send('send', [to, action], 1);
        assert.match((await tab.next('send:error')).details[1] as string, sentence);
      });

    test('it hears of tabs that come and go, not of those that were never welcomed', async () => {
      const watching = await openAs(watcher);
      const [ann, anonymous] = [await openAs('ann'), await open(gateway)];
      const refused = TestTab.connect(gateway.socketUrl, { token: 'nonsense' });
      await refused.closed;
      await ann.close();
      anonymous.socket.terminate();
      const [annId, anonymousId] = [ann.connection, anonymous.connection];
      await until(
        'all to be told',
        () => watching.frames.filter(({ action }) => action === 'went').length === 2,
      );
      const told = watching.frames.filter(({ action }) => action === 'came' || action === 'went');
      assert.deepEqual(
        told
          .map(({ action, details }) => [action, ...details])
          .filter(([, id]) => id !== watching.connection),
        [
          ['came', annId, 'ann'],
          ['came', anonymousId, null],
          ['went', annId, 'ann'],
          ['went', anonymousId, null],
        ],
      );
    });

    test('one that fails at a connect is logged; the tab is as welcome as others', async () => {
      const tab = await openAs('unwelcome');
      tab.send('echo', [1]);
      await tab.next('echo');
      assert.equal((await logged('thrown at a connect'))['event'], 'connect');
    });

    test('one that answers when the tab has gone disturbs nobody, and can still send', async () => {
      const watching = await openAs(watcher);
      const impatient = await openAs('ann');
      impatient.send('wait');
      impatient.send('echo');
      await impatient.next('echo');
      await impatient.close();
      const errors = gateway.log.filter(({ level }) => level >= 50).length;
      watching.send('release');
      assert.deepEqual((await watching.next('waited')).details, [impatient.connection]);
      assert.equal(gateway.log.filter(({ level }) => level >= 50).length, errors);
      assert.ok(gateway.running);
    });
  });
});
