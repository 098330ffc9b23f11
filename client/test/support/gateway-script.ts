import { type Frame, groupChannel, type Positions, resumeProtocol } from '@tabcast/shared';
import { HistoryScript } from './history-script.js';
import type { ScriptedSocket } from './scripted-socket.js';
import type { World } from './world.js';

/**
 * A gateway that lets tabs in, answers pings, keeps what it is sent and delivers what is published, or, while it is down,
 * accepts nobody.
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
  readonly history = new HistoryScript();
  readonly #world: World;
  /** The channels of each socket. */
  readonly #channels = new Map<ScriptedSocket, Set<string>>();

  constructor(world: World) {
    this.#world = world;
    world.serve = (socket) => {
      this.crowd = Math.max(this.crowd, world.live.length);
      world.later(20, () => this.#decide(socket));
    };
  }

  /** Publishes the next number to a channel. @param deaf whether this gateway does not hear of it */
  publish(channel: string, deaf = false): void {
    const frame = this.history.publish(channel);
    for (const [socket, channels] of this.#channels)
      if (!deaf && this.mood !== 'dead' && socket.isLive && channels.has(channel)) socket.receive(frame);
  }

  #decide(socket: ScriptedSocket): void {
    if (!socket.isLive || this.mood === 'dead') return;
    if (this.mood === 'refusing') socket.drop(1006);
    else {
      socket.answer = (frame) => this.#take(socket, frame);
      socket.accept();
      if (!socket.protocols.includes(resumeProtocol)) this.#letIn(socket, {});
    }
  }

  #letIn(socket: ScriptedSocket, standing: Positions): void {
    const channels = ['user:ann'];
    this.#channels.set(socket, new Set(channels));
    const { answer, missed } = this.history.enter(channels, standing);
    socket.welcome({ user: 'ann', expires: this.#world.now() + 120_000, ...answer });
    for (const frame of missed) socket.receive(frame);
  }

  #join(socket: ScriptedSocket, { id, details }: Frame): void {
    const [group, position] = details as [string, string?];
    const channel = groupChannel(group);
    this.#channels.get(socket)?.add(channel);
    const { answer, missed } = this.history.enter([channel], position ? { [channel]: position } : {});
    socket.receive({ action: 'sys/join', details: [group, answer], re: id });
    for (const frame of missed) socket.receive(frame);
  }

  #take(socket: ScriptedSocket, frame: Frame): void {
    if (this.mood === 'dead') return;
    if (frame.action === 'sys/ping') socket.receive({ action: 'sys/ping', details: [] });
    else if (frame.action === 'sys/auth') socket.receive({ ...this.#refreshed(socket), re: frame.id });
    else if (frame.action === 'sys/resume') this.#letIn(socket, frame.details[0] as Positions);
    else if (frame.action === 'sys/join') this.#join(socket, frame);
    else if (!frame.action.startsWith('sys/')) this.arrived.push(frame);
  }

  #refreshed(socket: ScriptedSocket): Frame {
    if (this.isOtherUser) return { action: 'sys/auth:error', details: [409, 'another user'] };
    const expires = this.#world.now() + 120_000;
    const groups = [...this.#channels.get(socket)!].flatMap((channel) => channel.split('group:').slice(1));
    return { action: 'sys/auth', details: [{ user: 'ann', session: null, groups, expires }] };
  }
}
