import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { jsonProtocol, msgpackProtocol, sharedProtocol } from '@tabcast/shared';
import { Attacker, type Fate } from '../support/attacker.js';
import { fuzzSeed, Random } from '../support/random.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { tokenFor } from '../support/tab.js';
import { frameBytes, hostileFraming, opcodes } from './hostile-framing.js';
import { hostilePayload, type Speech } from './hostile-payloads.js';
import { Victim } from './victim.js';

/** Ten thousand inputs that no client would send, to one gateway: half break the framing, half the protocol in it. */

const inputs = 10_000;
/** A multiple of three, so that each of them speaks in one way. */
const attackers = 12;

describe('hostile frames', { timeout: 120_000 }, () => {
  let redis: RedisServer;
  let victim: Victim;
  let token: string;

  before(async () => {
    redis = await startRedis();
    victim = await Victim.start({ REDIS_URL: redis.url });
    token = await tokenFor('mallory', { groups: ['red'], join: ['room-*'] });
  });
  after(async () => {
    await victim.close();
    await redis.close();
  });

  /** Input of this number, the same for the same seed. */
  function inputAt(number: number, seed: number): Buffer {
    const random = new Random(seed + number);
    const speech = speechAt(number);
    if (number < inputs / 2) return hostileFraming(random);
    const opcode = (speech !== 'msgpack') === !random.oneIn(50) ? opcodes.text : opcodes.binary;
    return frameBytes({ opcode, payload: hostilePayload(random, speech, token) }, random);
  }

  function attacker(speech: Speech, random: Random): Attacker {
    const handshake = [
      'GET /ws HTTP/1.1\r\nHost: gateway.example\r\nUpgrade: websocket\r\nConnection: Upgrade',
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13`,
      `Sec-WebSocket-Protocol: ${protocols[speech]}, bearer.${token}\r\n\r\n`,
    ].join('\r\n');
    return new Attacker({
      port: victim.gateway.publicPort,
      opening: () => Buffer.from(handshake),
      opened: speech === 'shared' ? sharedProtocol : 'sys/welcome',
      signal: (number) => {
        const echo = `signal ${number}.`;
        return { bytes: frameBytes({ opcode: opcodes.ping, payload: Buffer.from(echo) }, random), echo };
      },
    });
  }

  test('nothing and nobody is hurt', async (t) => {
    const seed = fuzzSeed();
    t.diagnostic(`FUZZ_SEED=${seed}`);
    const fates: Record<Fate, number> = { answered: 0, closed: 0, swallowed: 0 };
    const attack = async (first: number) => {
      const enemy = attacker(speechAt(first), new Random(seed));
      for (let number = first; number < inputs; number += attackers)
        fates[(await enemy.strike(inputAt(number, seed))).fate]++;
      enemy.leave();
    };
    await victim.withstand(Promise.all(Array.from({ length: attackers }, (_, first) => attack(first))));
    t.diagnostic(`connections: ${JSON.stringify(fates)}`);
    for (const kind of ['action', 'system', 'malformed'] as const) {
      const count = (await victim.gateway.metric(`tabcast_frames_received_total{kind="${kind}"}`))!;
      t.diagnostic(`frames that got as far as being ${kind}: ${count}`);
      assert.ok(count > inputs / 100);
    }
    await victim.expectUnhurt(t);
  });
});

const protocols = { json: jsonProtocol, msgpack: msgpackProtocol, shared: sharedProtocol };

function speechAt(number: number): Speech {
  return (['json', 'msgpack', 'shared'] as const)[number % 3]!;
}
