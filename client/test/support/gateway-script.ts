import type { Frame } from '@tabcast/shared';
import type { ScriptedSocket } from './scripted-socket.js';
import type { World } from './world.js';

/**
 * A gateway that lets tabs in, answers pings and keeps what it is sent, or, while it is down, accepts nobody.
 */
export class ScriptedGateway {
  /** Whether handshakes get an answer: at all, or only a refusal. */
  mood: 'well' | 'refusing' | 'dead' = 'well';
  /** Whether new tokens are of another user. */
  isOtherUser = false;
  /** Application's frames in the order in which they arrived, over all connections. */
  readonly arrived: Frame[] = [];
  /** The most sockets that were open at once. */
  crowd = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    world.serve = (socket) => {
      this.crowd = Math.max(this.crowd, world.live.length);
      world.later(20, () => this.#decide(socket));
    };
  }

  #decide(socket: ScriptedSocket): void {
    if (!socket.isLive || this.mood === 'dead') return;
    if (this.mood === 'refusing') socket.drop(1006);
    else {
      socket.answer = (frame) => this.#take(socket, frame);
      socket.welcome({ user: 'ann', expires: this.#world.now() + 120_000 });
    }
  }

  #take(socket: ScriptedSocket, frame: Frame): void {
    if (this.mood === 'dead') return;
    if (frame.action === 'sys/ping') socket.receive({ action: 'sys/ping', details: [] });
    else if (frame.action === 'sys/auth') socket.receive({ ...this.#refreshed(), re: frame.id });
    else if (!frame.action.startsWith('sys/')) this.arrived.push(frame);
  }

  #refreshed(): Frame {
    if (this.isOtherUser) return { action: 'sys/auth:error', details: [409, 'another user'] };
    const expires = this.#world.now() + 120_000;
    return { action: 'sys/auth', details: [{ user: 'ann', session: null, groups: [], expires }] };
  }
}
