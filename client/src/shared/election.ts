import type { PageLife } from '../page-life.js';
import type { Surroundings } from '../surroundings.js';
import { type Carrier, linger } from './carrier.js';
import { type HallMessage, moved, type PageMessage, readHallMessage } from './messages.js';
import type { Port } from './port.js';
import { type Line, type LineListener, listen, type Way } from './way.js';

/**
 * How long the last messages of a leader that has gone may still be under way, in ms: pages would send again what it
 * has sent. Messages of two pages to a third one overtake each other.
 */
const lastWords = 250;

export interface ElectionOptions {
  /** Pages that give the same name elect one leader. */
  readonly name: string;
  /** Asks for the Web Lock of that name, and holds it until the promise of `held` resolves. Rejects when it is lost. */
  readonly request: (name: string, signal: AbortSignal, held: () => Promise<void>) => Promise<unknown>;
  /** A new BroadcastChannel. */
  readonly channel: (name: string) => Port;
  /** A new carrier, for when this page leads. @param onIdle as of `CarrierOptions` */
  readonly carrier: (onIdle: () => void) => Carrier;
  readonly life: PageLife;
  readonly after: Surroundings['after'];
}

/** What a candidate holds on to. */
interface Candidacy {
  /** Where the candidates meet. */
  readonly hall: Port;
  readonly withdrawn: AbortController;
  /** Lets go of the Web Lock, once this page leads. */
  release(): void;
}

/**
 * The way to a carrier in one of the pages. All of them ask for the same Web Lock; who holds it leads, and carries the
 * others. When that page goes, in whatever way, the next one gets the lock.
 *
 * A page is a candidate while it needs a carrier itself, and leads on while others need it.
 */
export class Election {
  readonly #options: ElectionOptions;
  readonly #lines = new Set<LeaderLine>();
  #candidacy: Candidacy | undefined;
  #carrier: Carrier | undefined;
  #stopResting = () => {};
  #stopWatching = () => {};

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  readonly way: Way = (listener) => {
    const line = new LeaderLine(listener, () => {
      this.#lines.delete(line);
      this.#stopResting();
      this.#stopResting = this.#options.after(linger, () => this.#rest());
    });
    this.#stopResting();
    this.#lines.add(line);
    this.#stand();
    this.#knock(line);
    return line;
  };

  #stand(): void {
    if (this.#candidacy !== undefined) return;
    const { name, request, channel } = this.#options;
    const candidacy = { hall: channel(name), withdrawn: new AbortController(), release: () => {} };
    this.#candidacy = candidacy;
    // A page that is put aside would keep the others from going on.
    this.#stopWatching = this.#options.life.watch({ away: () => this.#withdraw(), back: () => {} });
    candidacy.hall.onmessage = ({ data }) => {
      const message = readHallMessage(data);
      if (message !== undefined) this.#heard(message);
    };
    const lost = () => {
      if (this.#candidacy === candidacy) this.#withdraw();
    };
    request(name, candidacy.withdrawn.signal, () => this.#lead(candidacy)).then(lost, lost);
  }

  #lead(candidacy: Candidacy): Promise<void> {
    if (this.#candidacy !== candidacy) return Promise.resolve();
    return new Promise((release) => {
      candidacy.release = release;
      this.#carrier = this.#options.carrier(() => this.#rest());
      candidacy.hall.postMessage({ kind: 'lead' } satisfies HallMessage);
      this.#meetNewLeader();
    });
  }

  #heard(message: HallMessage): void {
    if (message.kind === 'lead') this.#meetNewLeader();
    else this.#carrier?.attach(this.#options.channel(message.line));
  }

  #meetNewLeader(): void {
    for (const line of this.#lines)
      if (!line.isAnswered) this.#knock(line);
      else this.#options.after(lastWords, () => line.isLost());
  }

  #knock(line: LeaderLine): void {
    const name = crypto.randomUUID();
    line.over(this.#options.channel(name));
    if (this.#carrier !== undefined) this.#carrier.attach(this.#options.channel(name));
    else this.#candidacy?.hall.postMessage({ kind: 'knock', line: name } satisfies HallMessage);
  }

  /** Stands no longer where nobody needs it: not this page, nor those that it leads. */
  #rest(): void {
    if (this.#lines.size === 0 && (this.#carrier?.tabs ?? 0) === 0) this.#withdraw();
  }

  #withdraw(): void {
    const candidacy = this.#candidacy;
    const carrier = this.#carrier;
    this.#candidacy = undefined;
    this.#carrier = undefined;
    this.#stopWatching();
    carrier?.end();
    candidacy?.hall.close();
    candidacy?.withdrawn.abort();
    candidacy?.release();
  }
}

/** A line of this page to whoever leads, over a BroadcastChannel that nobody else uses. */
class LeaderLine implements Line {
  readonly #listener: LineListener;
  readonly #hungUp: () => void;
  #port: Port | undefined;
  /** Whether a leader has said that it listens. */
  isAnswered = false;

  constructor(listener: LineListener, hungUp: () => void) {
    this.#listener = listener;
    this.#hungUp = hungUp;
  }

  /** Listens on this port from now on. */
  over(port: Port): void {
    this.#port?.close();
    this.#port = port;
    listen(port, this);
  }

  told: LineListener['told'] = (message) => {
    this.isAnswered = true;
    this.#listener.told(message);
  };

  say(message: PageMessage): void {
    this.#port?.postMessage(message);
  }

  /** Who answered has gone without a word. */
  isLost(): void {
    if (this.#port !== undefined) this.told({ kind: 'closed', ...moved });
  }

  hangUp(): void {
    this.#port?.close();
    this.#port = undefined;
    this.#hungUp();
  }
}
