import type { RedisServer } from '../src/servers/redis.js';
import type { Target } from '../src/servers/target.js';

/** What a peer finds where it is started. */
export interface Place {
  /** For this peer alone. */
  readonly redis: RedisServer;
}

/** A server that is compared. Each is set up as its own documentation advises; what it leaves out is said. */
export interface Peer {
  /** As on the command line: `raw`, `floor`, `tabcast`, `socketio-uws`, … */
  readonly name: string;
  /** For people, with the version: `Socket.IO 4.8 on uWebSockets.js`. */
  title(): string;
  /** What it does not do here that tabcast does, or the other way round: what a reader has to know. */
  readonly remarks: string;
  /** Why it cannot be started here, with the remedy; undefined when it can. */
  missing(): string | undefined;
  /** Tabs that it can hold as it is set up here; undefined where there is no such limit. */
  readonly maxTabs?: number;
  /** Starts it on the core of servers, ready for tabs. `usage()` of the target counts all its processes, and its Redis. */
  start(place: Place): Promise<Target>;
}
