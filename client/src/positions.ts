import {
  compareWithLast,
  type Former,
  type Frame,
  groupChannel,
  parsePosition,
  type Positions as Standing,
  type Welcome,
} from '@tabcast/shared';

/** What a gateway says of channels that are entered, in the welcome and in the answers of `sys/auth` and `sys/join`. */
type Answer = Pick<Welcome, 'positions' | 'recovered'>;

/** What became of the channels that the tab had been in before. */
export interface Resumed {
  /** What was missed there follows. */
  readonly recovered: string[];
  /** Something may have been lost there. */
  readonly lost: string[];
}

/** Where the tab stands in each channel, across connections: docs/protocol.md, "History and resume". */
export class Positions {
  /** Whose they are; of nobody before the first welcome. */
  #former: Former = {};
  /** Those that the tab is in by the last word of a gateway; undefined before the first welcome. */
  #groups: readonly string[] | undefined;
  readonly #last = new Map<string, string>();

  /** What a gateway is to resume, as details of `sys/resume`; undefined where there is nothing. */
  get standing(): [Standing, Former] | undefined {
    return this.#last.size > 0 ? [Object.fromEntries(this.#last), this.#former] : undefined;
  }

  /** Of a group that is joined again. */
  ofGroup(group: string): string | undefined {
    return this.#last.get(groupChannel(group));
  }

  /** The tab is not in a group any more. */
  leave(group: string): void {
    this.#last.delete(groupChannel(group));
  }

  /** Moves to the position of a frame, and says what the frame is to the tab. Without a position it is always the next. */
  advance({ action, at }: Frame): ReturnType<typeof compareWithLast> {
    if (at === undefined) return 'next';
    const [channel, text] = at;
    const [last, position] = [read(this.#last.get(channel)), read(text)];
    // Where a tab stands in a group the answer of `sys/join` says first: one of which nothing is known it is leaving.
    if (!position || (!last && isGroup(channel))) return 'next';
    const step = action === 'sys/gap' ? 'gap' : last ? compareWithLast(last, position) : 'next';
    if (step !== 'seen') this.#stand(channel, text);
    return step;
  }

  /** A connection begins. Groups that the tab is not in now are as they were: it joins them later, or does not. */
  begin(welcome: Welcome): Resumed {
    const { user, connection, groups } = welcome;
    // Who has logged in is the same person.
    if (user !== (this.#former.user ?? user)) this.#last.clear();
    this.#former = { user, connection };
    this.#groups = groups;
    const channels = [...this.#last.keys()].filter((channel) => isAmong(groups, channel));
    return this.#settle(channels, welcome);
  }

  /** Takes note of a frame by which the tab has entered or left channels. @param before what it was until then */
  learn({ action, details }: Frame, before: Welcome, after: Welcome): Resumed {
    this.#former.user = after.user;
    this.#groups = after.groups;
    for (const group of before.groups) if (!after.groups.includes(group)) this.leave(group);
    const [subject, answer] = details as [string & Answer, Answer?];
    if (action === 'sys/auth') return this.#settle([], subject);
    const channel = groupChannel(subject);
    const isNews =
      action === 'sys/join' && (!before.groups.includes(subject) || this.#isNews(channel, answer));
    return isNews ? this.#settle([channel], answer) : this.#settle([]);
  }

  /** What the next page needs. @param wished groups that the tab wants to be in: of others that it is not in this is the end */
  forNextPage(wished: readonly string[]): unknown {
    const groups = this.#groups && [...this.#groups, ...wished];
    const last = [...this.#last].filter(([channel]) => !groups || isAmong(groups, channel));
    return [Object.fromEntries(last), this.#former];
  }

  /** Stands where `forNextPage` says. Throws where a value is nothing of the kind. */
  restore(value: unknown): void {
    const [positions, former] = value as [Standing, Former];
    this.#former = { ...former };
    for (const channel in positions) this.#stand(channel, positions[channel]);
  }

  /** Of a group that the tab was in already: else it is the frames that tell where it stands. */
  #isNews(channel: string, { positions, recovered }: Answer = {}): boolean {
    const last = this.#last.get(channel);
    return !last || (!!recovered && (recovered[channel]! || last !== positions?.[channel]));
  }

  /** @param channels those of which nothing is known any more where the answer says nothing */
  #settle(channels: string[], { positions = {}, recovered = {} }: Answer = {}): Resumed {
    const resumed: Resumed = { recovered: [], lost: [] };
    for (const channel of new Set([...channels, ...Object.keys(positions)])) {
      const last = this.#last.get(channel);
      if (last !== undefined && recovered[channel]) {
        resumed.recovered.push(channel);
        continue;
      }
      const isUnsure = channel in recovered || last !== positions[channel];
      if (last !== undefined && isUnsure) resumed.lost.push(channel);
      this.#stand(channel, positions[channel]);
    }
    return resumed;
  }

  #stand(channel: string, text: string | null | undefined): void {
    if (read(text)) this.#last.set(channel, text!);
    else this.#last.delete(channel);
  }
}

function read(text: string | null | undefined): ReturnType<typeof parsePosition> {
  return parsePosition(String(text));
}

function isGroup(channel: string): boolean {
  return `${channel}`.startsWith(groupChannel(''));
}

/** Whether it is the channel of one of these groups, or of no group at all. */
function isAmong(groups: readonly string[], channel: string): boolean {
  return !isGroup(channel) || groups.some((group) => groupChannel(group) === channel);
}
