import { centrifugo } from './centrifugo/centrifugo.js';
import { floor } from './floor/floor.js';
import { nchan, nchanRedis } from './nchan/nchan.js';
import type { Peer } from './peer.js';
import { raw } from './raw/raw.js';
import { socketio, socketioUws } from './socketio/socketio.js';
import { tabcast, tabcastHistory, tabcastHttp } from './tabcast/tabcast.js';
import { workerman } from './workerman/workerman.js';
import { ws } from './ws/ws.js';

/** What others are compared with. */
export const yardstick = floor.name;

/** All peers, in the order of tables. */
export const peers: readonly Peer[] = [
  raw,
  floor,
  ...[tabcast, tabcastHistory, tabcastHttp],
  ws,
  ...[socketio, socketioUws],
  ...[nchan, nchanRedis],
  centrifugo,
  workerman,
];

/**
 * The peers of these names, in the order of tables.
 * @throws {RangeError} naming one that does not exist
 */
export function peersNamed(names: readonly string[]): Peer[] {
  for (const name of names)
    if (!peers.some((peer) => peer.name === name))
      throw new RangeError(`peer "${name}": expected ${peers.map((peer) => peer.name).join(', ')}`);
  return peers.filter(({ name }) => names.includes(name));
}
