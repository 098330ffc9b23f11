import type { Frame, Positions, Welcome } from '@tabcast/shared';

/** A publication that is kept. */
interface Kept {
  readonly offset: number;
  readonly frame: Frame;
}

/** What a gateway answers about channels that are entered, and the frames that follow its answer. */
export interface Entered {
  readonly answer: Required<Pick<Welcome, 'positions' | 'recovered'>>;
  readonly missed: Frame[];
}

/** The history of channels, as all gateways see it: publications are numbered from 1, whatever becomes of epochs. */
export class HistoryScript {
  /** How many publications of a channel are kept. */
  size = Number.POSITIVE_INFINITY;
  /** How often a tab was told that what it missed cannot be read. */
  unrecovered = 0;
  #epoch = 1;
  readonly #published = new Map<string, number>();
  readonly #kept = new Map<string, Kept[]>();

  /** How many there have been. */
  published(channel: string): number {
    return this.#published.get(channel) ?? 0;
  }

  /** The next publication of a channel: its action is the channel, its only detail the number. */
  publish(channel: string): Frame {
    const number = this.published(channel) + 1;
    const offset = this.#top(channel) + 1;
    const frame: Frame = { at: [channel, `${this.#epoch}-${offset}`], action: channel, details: [number] };
    this.#published.set(channel, number);
    this.#kept.set(channel, [...this.#keptOf(channel), { offset, frame }].slice(-this.size));
    return frame;
  }

  /** Redis has lost everything. */
  flush(): void {
    this.#epoch++;
    this.#kept.clear();
  }

  enter(channels: readonly string[], standing: Positions): Entered {
    const positions: Record<string, string> = {};
    const recovered: Record<string, boolean> = {};
    const missed: Frame[] = [];
    for (const channel of channels) {
      positions[channel] = `${this.#epoch}-${this.#top(channel)}`;
      if (standing[channel] === undefined) continue;
      const since = this.#since(channel, standing[channel]);
      recovered[channel] = since !== undefined;
      if (since === undefined) this.unrecovered++;
      missed.push(...(since ?? []));
    }
    return { answer: { positions, recovered }, missed };
  }

  #since(channel: string, position: string): Frame[] | undefined {
    const [epoch, offset] = position.split('-').map(Number);
    const kept = this.#keptOf(channel);
    const oldest = kept[0]?.offset ?? this.#top(channel) + 1;
    if (epoch !== this.#epoch || offset! < oldest - 1) return undefined;
    return kept.filter((one) => one.offset > offset!).map(({ frame }) => frame);
  }

  #top(channel: string): number {
    return this.#keptOf(channel).at(-1)?.offset ?? 0;
  }

  #keptOf(channel: string): Kept[] {
    return this.#kept.get(channel) ?? [];
  }
}
