import type { Frame, Welcome } from '@tabcast/shared';
import type { WebSocketLike } from '../../src/socket.js';

/** A socket whose other end is the test. */
export class ScriptedSocket implements WebSocketLike {
  readonly url: string;
  readonly protocols: string[];
  /** Frames that arrived at the other end. */
  readonly sent: Frame[] = [];
  /** As in browsers. A test may set it, to be a socket that is closing. */
  readyState = 0;
  /** How this end has closed it. */
  closedWith: { code: number | undefined; reason: string | undefined } | undefined;
  onopen: WebSocketLike['onopen'] = null;
  onmessage: WebSocketLike['onmessage'] = null;
  onerror: WebSocketLike['onerror'] = null;
  onclose: WebSocketLike['onclose'] = null;
  /** Called with each frame that arrives. */
  answer: (frame: Frame) => void = () => {};

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  get isLive(): boolean {
    return this.readyState < 2;
  }

  send(data: unknown): void {
    if (this.readyState === 0) throw new Error('InvalidStateError');
    if (this.readyState > 1) return;
    const frame = JSON.parse(String(data));
    this.sent.push(frame);
    this.answer(frame);
  }

  close(code?: number, reason?: string): void {
    if (!this.isLive) return;
    this.readyState = 3;
    this.closedWith = { code, reason };
  }

  /** The handshake succeeds. */
  accept(): void {
    this.readyState = 1;
    this.onopen?.({});
  }

  /** The handshake succeeds, and the gateway lets the tab in. */
  welcome(details: Partial<Welcome> = {}): void {
    if (this.readyState === 0) this.accept();
    const anonymous = { user: null, session: null, groups: [], expires: null };
    const welcome = { connection: 'g1-1', gateway: 'g1', ...anonymous, ...details };
    this.receive({ action: 'sys/welcome', details: [welcome] });
  }

  /** The gateway sends, once the handshake has succeeded. */
  receive(message: unknown): void {
    if (this.readyState === 0) return;
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }

  /** The gateway, or the network, ends it. */
  drop(code = 1006, reason = ''): void {
    if (!this.isLive) return;
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** What was sent of an action. */
  sentOf(action: string): unknown[][] {
    return this.sent.filter((frame) => frame.action === action).map(({ details }) => details);
  }

  /** Answers the newest frame of an action. */
  reply(action: string, details: unknown[], to = action.replace(/:error$/, '')): void {
    const { id } = this.sent.filter((frame) => frame.action === to).at(-1)!;
    this.receive({ action, details, re: id });
  }

  /** The token of the handshake. */
  get token(): string | undefined {
    return this.protocols.find((protocol) => protocol.startsWith('bearer.'))?.slice('bearer.'.length);
  }
}
