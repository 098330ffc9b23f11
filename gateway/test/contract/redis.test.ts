import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createServer, type Server } from 'node:tls';
import { pino } from 'pino';
import { createRedisBroker } from '../../src/broker/redis/broker.js';
import type { RedisBrokerOptions } from '../../src/broker/redis/options.js';
import { CapturedLog } from '../support/captured-log.js';
import { Recorder } from '../support/recorder.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { brokerContract, idempotencyTtl } from './broker.contract.js';

const quiet = pino({ level: 'silent' });

function optionsFor(url: string, more: Partial<RedisBrokerOptions> = {}): RedisBrokerOptions {
  return {
    ...{ url, prefix: 'test', gateway: 'g', log: quiet },
    ...{ timeout: 2000, probeInterval: 1000, idempotencyTtl },
    ...more,
  };
}

brokerContract('Redis', async () => {
  const redis = await startRedis();
  return {
    create: (gateway) => createRedisBroker(optionsFor(redis.url, { gateway })),
    close: () => redis.close(),
  };
});

brokerContract('Redis, with no other permissions than we ask for', async () => {
  const redis = await startRedis();
  await redis.cli('ACL', 'SETUSER', 'tabcast', 'on', '>secret');
  const url = `redis://tabcast:secret@127.0.0.1:${redis.port}/3`;
  await grantWhatIsAskedFor(redis, url);
  return {
    create: (gateway) => createRedisBroker(optionsFor(url, { gateway })),
    close: () => redis.close(),
  };
});

/** Takes the operator's part: reads the sentence of a start that failed, and runs the command in it. */
async function grantWhatIsAskedFor(redis: RedisServer, url: string): Promise<void> {
  const refusal = await refusalOf(url);
  const [line] = /ACL SETUSER .*$/.exec(refusal) ?? assert.fail(`no ACL line in: ${refusal}`);
  const [command, ...args] = line.split(' ');
  await redis.cli(command!, ...args);
}

async function refusalOf(url: string, log = quiet): Promise<string> {
  const broker = createRedisBroker(optionsFor(url, { log }));
  try {
    await broker.start(new Recorder());
  } catch (error) {
    assert.equal(broker.state, 'closed');
    return (error as Error).message;
  }
  await broker.close();
  return assert.fail('the broker started');
}

describe('Redis that refuses us', { timeout: 20_000 }, () => {
  let redis: RedisServer;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.close());

  test('a wrong password', async () => {
    const { log, lines } = new CapturedLog();
    await redis.cli('ACL', 'SETUSER', 'known', 'on', '>right', 'allcommands', 'allkeys', 'allchannels');
    const refusal = await refusalOf(`redis://known:wr0ng%21@127.0.0.1:${redis.port}`, log);
    assert.match(refusal, /user "known": wrong name or password/);
    assert.doesNotMatch(`${refusal}${lines.join()}`, /wr0ng/);
  });

  test('no password where one is needed', async () => {
    await redis.config('requirepass', 'secret');
    assert.match(await refusalOf(redis.url), /wants a password/);
    await startAndClose(`redis://:secret@127.0.0.1:${redis.port}`);
  });

  test('a database that does not exist', async () => {
    const refusal = await refusalOf(`redis://:secret@127.0.0.1:${redis.port}/999`);
    assert.match(refusal, /no database 999/);
  });
});

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

function noCertificate(): string | false {
  return spawnSync('openssl', ['version']).status === 0 ? false : 'needs openssl to make a certificate';
}

/** Key and certificate for 127.0.0.1, in one PEM. */
function selfSigned(): string {
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', '-', '-out', '-'],
  ]);
  assert.equal(made.status, 0, `${made.stderr}`);
  return `${made.stdout}`;
}

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
