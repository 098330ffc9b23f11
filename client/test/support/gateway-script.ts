import type { Frame } from '@tabcast/shared';
import type { ScriptedSocket } from './scripted-socket.js';
import type { World } from './world.js';

/**
 * A gateway that lets tabs in, answers pings and keeps what it is sent, or, while it is down, accepts nobody.
 */
export class ScriptedGateway {
  /** Whether handshakes get an answer: at all, or only a refusal. */
  mood: 'well' | 'refusing' | 'dead' = 'well';
  /** Application's frames in the order in which they arrived, over all connections. */
  readonly arrived: Frame[] = [];
  /** The most sockets that were open at once. */
  crowd = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    world.serve = (socket) => {
      this.crowd = Math.max(this.crowd, world.live.length);
      world.after(20, () => this.#decide(socket));
    };
  }

  #decide(socket: ScriptedSocket): void {
    if (!socket.isLive || this.mood === 'dead') return;
    if (this.mood === 'refusing') return socket.drop(1006);
    socket.answer = (frame) => this.#take(socket, frame);
    socket.welcome({ user: 'ann', expires: this.#world.now() + 120_000 });
  }

  #take(socket: ScriptedSocket, frame: Frame): void {
    if (this.mood === 'dead') return;
    if (frame.action === 'sys/ping') socket.receive({ action: 'sys/ping', details: [] });
    else if (frame.action === 'sys/auth') this.#refresh(socket, frame);
    else if (!frame.action.startsWith('sys/')) this.arrived.push(frame);
  }

  #refresh(socket: ScriptedSocket, { id }: Frame): void {
    const expires = this.#world.now() + 120_000;
    const details = [{ user: 'ann', session: null, groups: [], expires }];
    socket.receive({ action: 'sys/auth', details, re: id });
  }
}
