import { msgpackProtocol } from '@tabcast/shared';
import { decodeMsgpack, encodeMsgpack } from '@tabcast/shared/msgpack';
import type { Codec } from './codec.js';
import type { ConnectOptions } from './options.js';
import type { Payload } from './socket.js';
import { type Actions, Tabs } from './tabs.js';

export * from './exports.js';

const msgpack: Codec = {
  protocol: msgpackProtocol,
  binaryType: 'arraybuffer',
  // msgpackr writes into buffers of its own, which are never shared memory.
  encode: (frame) => encodeMsgpack(frame) as Payload,
  decode(data) {
    if (!(data instanceof ArrayBuffer)) return { refused: 'expected binary data' };
    return decodeMsgpack(new Uint8Array(data));
  },
};

/**
 * Connects a tab that speaks MessagePack, by a socket of its own: those that are shared speak JSON.
 * @param url of the gateways, for instance `wss://live.example.com/ws`; one that is relative, or begins with `http`, is understood too
 * @throws TypeError that names every option which is not what it should be
 */
export function connect<Received extends Actions = Actions, Sent extends Actions = Actions>(
  url: string | URL,
  options: ConnectOptions = {},
): Tabs<Received, Sent> {
  return new Tabs<Received, Sent>(url, options, { codec: msgpack });
}
