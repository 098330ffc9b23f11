import { EventEmitter, once } from 'node:events';
import { type Frame, groupChannel, sharedProtocol, userChannel, type Welcome } from '@tabcast/shared';
import { WebSocket } from 'ws';
import { type TabOptions, TestTab } from './tab.js';

/** What a tab is opened with; as in `TabOptions`. */
type Opening = Pick<TabOptions, 'token' | 'resume' | 'former'>;

/**
 * A socket that tabs share, as docs/protocol.md describes it to clients: it gives every tab what is for it, so that
 * `TestTab` cannot tell its lane from a socket of its own.
 */
export class SharedTestSocket {
  /** Everything that has come, as it came. */
  readonly frames: (Frame & { tab?: number })[] = [];
  /** What came for the socket although none of its tabs was meant. There must be none. */
  readonly strays: Frame[] = [];
  readonly socket: WebSocket;
  /** Resolves when the socket has closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #lanes = new Map<number, LaneSocket>();
  #numbered = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.#received(JSON.parse(data.toString())));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        for (const lane of this.#lanes.values()) lane.over(code, reason.toString());
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Connects, and resolves when the socket is open; rejects when it is refused. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SharedTestSocket> {
    const socket = new SharedTestSocket(new WebSocket(url, [sharedProtocol], { headers }));
    await once(socket.socket, 'open');
    return socket;
  }

  /** Begins to open a tab; `welcome` or `closed` tell what became of it. */
  connect(options: Opening = {}): TestTab {
    const lane = new LaneSocket(++this.#numbered, (frame) => this.socket.send(JSON.stringify(frame)));
    this.#lanes.set(lane.number, lane);
    const tab = TestTab.over(lane as unknown as WebSocket);
    lane.post({ action: 'sys/open', details: detailsOfOpening(options) });
    return tab;
  }

  /** Opens a tab and waits for its welcome. */
  async openTab(options: Opening = {}): Promise<TestTab> {
    const tab = this.connect(options);
    await tab.welcome();
    return tab;
  }

  /** What has come for a tab, alone or with others, as it came. */
  framesOf(tab: TestTab): readonly Frame[] {
    return (tab.socket as unknown as LaneSocket).frames;
  }

  /** The number of a tab. */
  numberOf(tab: TestTab): number {
    return (tab.socket as unknown as LaneSocket).number;
  }

  /** What has come for a tab alone, or for no tab at all. */
  framesFor(tab: number | undefined): Frame[] {
    return this.frames.filter((frame) => frame.tab === tab);
  }

  async close(): Promise<void> {
    this.socket.close(1000);
    await this.closed;
  }

  #received(frame: Frame): void {
    this.frames.push(frame);
    const { tab: number, at } = frame;
    const lanes = [...this.#lanes.values()].filter((lane) =>
      number === undefined ? at !== undefined && lane.channels.has(at[0]) : lane.number === number,
    );
    if (lanes.length === 0 && !this.#isLate(frame)) this.strays.push(frame);
    for (const lane of lanes) lane.take(frame);
  }

  /** Whether a frame may have been on its way when the client closed the last tab that it was for. */
  #isLate({ at }: Frame): boolean {
    return at !== undefined && [...this.#lanes.values()].some((lane) => lane.channelsAtClose.has(at[0]));
  }
}

function detailsOfOpening({ token, resume, former }: Opening): unknown[] {
  if (resume !== undefined) return [token ?? null, resume, ...(former === undefined ? [] : [former])];
  return token === undefined ? [] : [token];
}

/** What a tab has of a shared socket: as much of a WebSocket as `TestTab` needs. */
class LaneSocket extends EventEmitter {
  readonly number: number;
  /** The channels that the tab is in, by what it was told. */
  channels: ReadonlySet<string> = new Set();
  /** Those that it was in when the client closed it. */
  channelsAtClose: ReadonlySet<string> = new Set();
  readyState: number = WebSocket.OPEN;
  readonly frames: Frame[] = [];
  readonly #write: (frame: object) => void;

  constructor(number: number, write: (frame: object) => void) {
    super();
    this.number = number;
    this.#write = write;
  }

  post(frame: object): void {
    if (this.readyState === WebSocket.OPEN) this.#write({ tab: this.number, ...frame });
  }

  send(data: string): void {
    this.post(JSON.parse(data));
  }

  close(code: number): void {
    this.post({ action: 'sys/close', details: [code] });
    this.channelsAtClose = this.channels;
    this.over(code, '');
  }

  terminate(): void {
    this.close(1000);
  }

  take({ tab: _, at, ...frame }: Frame): void {
    if (this.readyState !== WebSocket.OPEN) return;
    const [first, second] = frame.details;
    this.frames.push(at === undefined ? frame : { ...frame, at });
    this.channels = this.#channelsAfter(frame);
    if (frame.action === 'sys/close') this.over(first as number, second as string);
    else this.emit('message', Buffer.from(JSON.stringify(frame)), false);
  }

  over(code: number, reason: string): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.channels = new Set();
    this.emit('close', code, Buffer.from(reason));
  }

  #channelsAfter({ action, details: [first] }: Frame): ReadonlySet<string> {
    if (action === 'sys/welcome' || action === 'sys/auth') return channelsOf(first as Welcome);
    const after = new Set(this.channels);
    if (action === 'sys/join') after.add(groupChannel(first as string));
    else if (action === 'sys/leave') after.delete(groupChannel(first as string));
    return after;
  }
}

function channelsOf({ user, groups }: Welcome): ReadonlySet<string> {
  const own = user === null ? [] : ['registered', userChannel(user)];
  return new Set(['all', ...own, ...groups.map(groupChannel)]);
}
