import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unpack } from 'msgpackr';
import { emission } from '../../peers/socketio/packet.js';
import type { Destination } from '../../src/servers/target.js';

/** Reads the words of a command of Redis. */
function words(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let at = bytes.indexOf('\r\n') + 2;
  while (at < bytes.length) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const start = lineEnd + 2;
    const end = start + Number(bytes.toString('latin1', at + 1, lineEnd));
    found.push(bytes.subarray(start, end));
    at = end + 2;
  }
  return found;
}

function published(destination: Destination, text: string) {
  const { head, tail } = emission(destination, text.length);
  const [command, name, packet] = words(Buffer.from(head + text + tail, 'latin1'));
  return { command: command!.toString(), name: name!.toString(), packet: unpack(packet!) };
}

describe('a packet of Socket.IO', () => {
  const data = ['load', 'a text of no particular size'];

  test('goes to the room of a user', () => {
    assert.deepEqual(published({ user: 'u7' }, data[1]!), {
      command: 'PUBLISH',
      name: 'socket.io#/#user:u7#',
      packet: ['emitter', { type: 2, data, nsp: '/' }, { rooms: ['user:u7'], except: [], flags: {} }],
    });
  });

  test('goes to all without a room', () => {
    const { name, packet } = published({ all: true }, data[1]!);
    assert.equal(name, 'socket.io#/#');
    assert.deepEqual(packet[2], { rooms: [], except: [], flags: {} });
  });
});
