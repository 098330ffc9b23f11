import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createServer, type Server } from 'node:tls';
import { createRedisBroker } from '../../src/broker/redis/broker.js';
import { Names } from '../../src/broker/redis/names.js';
import type { RedisBrokerOptions } from '../../src/broker/redis/options.js';
import { aclLine } from '../../src/broker/redis/refusal.js';
import { CapturedLog } from '../support/captured-log.js';
import { Recorder } from '../support/recorder.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { noCertificate, selfSigned } from '../support/self-signed.js';
import { until } from '../support/until.js';
import { brokerContract } from './broker.contract.js';
import { brokersAt, grantWhatIsAskedFor, login, optionsFor, refusalOf } from './redis-carrier.js';

brokerContract('Redis', async () => {
  const redis = await startRedis();
  return { ...brokersAt(redis.url), close: () => redis.close() };
});

brokerContract('Redis, with no other permissions than we ask for', async () => {
  const redis = await startRedis();
  const url = `redis://${login}127.0.0.1:${redis.port}/3`;
  await grantWhatIsAskedFor(createRedisBroker(optionsFor(url)), (...command) => redis.cli(...command));
  return { ...brokersAt(url), close: () => redis.close() };
});

describe('Redis that refuses us', { timeout: 20_000 }, () => {
  let redis: RedisServer;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.close());

  test('a wrong password', async () => {
    const { log, lines } = new CapturedLog();
    await redis.cli('ACL', 'SETUSER', 'known', 'on', '>right', 'allcommands', 'allkeys', 'allchannels');
    const refusal = await refuse(`redis://known:wr0ng%21@127.0.0.1:${redis.port}`, { log });
    assert.match(refusal, /user "known": wrong name or password/);
    assert.doesNotMatch(`${refusal}${lines.join()}`, /wr0ng/);
  });

  test('no password where one is needed', async () => {
    await redis.config('requirepass', 'secret');
    assert.match(await refuse(redis.url), /wants a password/);
    await startAndClose(`redis://:secret@127.0.0.1:${redis.port}`);
  });

  test('a database that does not exist', async () => {
    const refusal = await refuse(`redis://:secret@127.0.0.1:${redis.port}/999`);
    assert.match(refusal, /no database 999/);
  });
});

describe('Redis that lets us do nearly everything', { timeout: 20_000 }, () => {
  let redis: RedisServer;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.close());

  const needed = [
    ...['get', 'set', 'del', 'publish', 'info', 'hincrby', 'hget', 'hlen', 'hset', 'pexpire', 'time'],
    ...['rpush', 'ltrim', 'llen', 'lrange'],
  ];
  for (const command of needed)
    test(`the start finds out that it is not permitted: ${command}`, async () => {
      const user = `no-${command}`;
      const [, , , ...rules] = aclLine({ user, db: 0, sharded: false }, new Names('test')).split(' ');
      const granted = rules.filter((rule) => rule !== `+${command}`);
      await redis.cli('ACL', 'SETUSER', user, 'on', '>secret', ...granted);
      const refusal = await refuse(`redis://${user}:secret@127.0.0.1:${redis.port}`, { gateway: user });
      assert.match(refusal, new RegExp(`user "${user}" lacks a permission.* \\+${command} `));
    });
});

function refuse(url: string, more: Partial<RedisBrokerOptions> = {}): Promise<string> {
  return refusalOf(createRedisBroker(optionsFor(url, more)));
}

async function startAndClose(url: string): Promise<void> {
  const broker = createRedisBroker(optionsFor(url));
  await broker.start(new Recorder());
  await broker.close();
}

describe('Redis behind TLS', { timeout: 20_000, skip: noCertificate() }, () => {
  let redis: RedisServer;
  let server: Server;
  let ca: string;
  let url: string;

  before(async () => {
    redis = await startRedis();
    const pem = selfSigned();
    ca = pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'));
    server = createServer({ key: pem, cert: ca }, (socket) => {
      const plain = connect(redis.port, '127.0.0.1');
      socket.pipe(plain).pipe(socket);
      for (const one of [socket, plain]) one.on('error', () => plain.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `rediss://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.close();
    await redis.close();
  });

  test('a certificate of the given authority is trusted', async () => {
    const broker = createRedisBroker(optionsFor(url, { ca }));
    await broker.start(new Recorder());
    await broker.subscribe('a');
    assert.equal((await broker.publish({ channel: 'a', bytes: Buffer.from('x') })).gateways, 1);
    await broker.close();
  });

  test('any other is not, and the log says why', async () => {
    const { log, lines } = new CapturedLog();
    const broker = createRedisBroker(optionsFor(url, { log }));
    const started = assert.rejects(broker.start(new Recorder()), /closed/);
    await until('the reason', () => lines.some((line) => line.includes('self-signed certificate')));
    assert.equal(broker.state, 'starting');
    await broker.close();
    await started;
  });
});

describe('options of the Redis broker', () => {
  test('a URL that is none is refused without repeating it', () => {
    for (const url of ['http://h', 'redis://', 'redis://:pass@h/db', 'secret'])
      assert.throws(() => createRedisBroker(optionsFor(url)), { message: /^redis url: expected redis:/ });
  });

  test('a prefix that could be mistaken for a pattern or a hash tag is refused', () => {
    for (const prefix of ['', 'a*', '{a}', 'a b', 'x'.repeat(65)])
      assert.throws(() => createRedisBroker(optionsFor('redis://h', { prefix })), /redis prefix: expected/);
  });
});
