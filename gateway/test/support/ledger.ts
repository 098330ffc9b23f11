import { type Position, type Positions, parsePosition } from '@tabcast/shared';

/**
 * The exact ledger: every numbered send with its answer on one side, everything every tab got on the other. Where they
 * disagree with what tabcast promises (docs/guarantees.md), there is a sentence for each disagreement.
 *
 * Every tab is in the audience of every stream, from its first welcome on. Sends of one stream go through one gateway to one
 * channel, one after the other.
 */

/** Refused: nothing was sent. Unknown: it may arrive, but not twice. */
export type Outcome = 'accepted' | 'refused' | 'unknown';

/** One send of a stream. */
export interface Sent {
  readonly stream: string;
  /** Counts within the stream. */
  readonly number: number;
  readonly outcome: Outcome;
  /** Where it went, by the receipt; undefined when there was none. */
  readonly channel?: string;
  /** Its position by the receipt; undefined when there was none, and for what is not kept. */
  readonly position?: string;
  /** Whether it is to be kept: where it was accepted, it has a position. */
  readonly kept?: boolean;
  /** How many gateways the receipt counted; 0 when there was none. */
  readonly gateways: number;
  /**
   * It was under way while a fault threw away what Redis had taken: accepted or not, it may be lost where nothing is kept. What
   * is kept has no such excuse.
   */
  readonly exposed: boolean;
}

/** Channels that a tab has entered: where it begins there, or what it has missed. */
export interface Entered {
  readonly positions: Positions;
  readonly recovered: Readonly<Record<string, boolean>>;
  /** Whether it tells of all channels of the tab. */
  readonly welcome?: boolean;
}

/** Something that a tab heard. */
export type Event =
  | Entered
  /** What comes after this position is complete again. */
  | { readonly channel: string; readonly gap: string }
  /** A publication; without a name one that was for somebody else. */
  | {
      readonly name?: string | undefined;
      readonly channel?: string | undefined;
      readonly position?: string | undefined;
    };

/** Everything that one tab heard, in the order of its coming. */
export interface Heard {
  readonly tab: string;
  /** Where it was all the time; undefined for one that has changed. */
  readonly gateway?: string | undefined;
  /** Those that it has to be in from its first welcome on. */
  readonly channels?: readonly string[];
  readonly events: readonly Event[];
}

/** What a tab calls the send of a stream. */
export function nameOf({ stream, number }: { stream: string; number: number }): string {
  return `${stream} ${number}`;
}

/** Every broken promise as a sentence; none when all is well. */
export function faultsIn(sends: readonly Sent[], audience: readonly Heard[]): string[] {
  const known = new Map(sends.map((sent) => [nameOf(sent), sent]));
  const walks = audience.map(walk);
  const { places, rewritten } = placesOf(sends, audience);
  return [
    ...walks.flatMap(({ faults }) => faults),
    ...walks.flatMap(({ heard, names }) => [
      ...misorderIn(heard.tab, names, known),
      ...refusedIn(heard.tab, names, known),
    ]),
    ...rewritten,
    ...sends.filter(isAdrift).map((sent) => `${nameOf(sent)} was accepted to be kept, and has no position`),
    ...sends.flatMap((sent) => {
      const place = places.get(nameOf(sent));
      return place === undefined ? deliveryFaults(sent, walks) : lossesOf(sent, place, walks);
    }),
  ];
}

/** A part of a channel, after one position and up to another. */
interface Stretch {
  readonly after: Position;
  readonly upTo: Position;
}

/** What a tab got of one channel. */
interface Trail {
  readonly start: Position;
  last: Position;
  readonly positions: Set<string>;
  /** What it was told that it may have missed. */
  readonly told: Stretch[];
}

/** What became of one tab. */
interface Walk {
  readonly heard: Heard;
  /** Of the numbered sends that it got, in order. */
  readonly names: readonly string[];
  /** The same, to look up. */
  readonly got: ReadonlySet<string>;
  readonly trails: ReadonlyMap<string, Trail>;
  readonly faults: readonly string[];
}

/** Follows a tab from position to position: none may come twice, out of order, or after one that never came. */
function walk(heard: Heard): Walk {
  const trails = new Map<string, Trail>();
  const faults: string[] = [];
  const complain = (words: string) => faults.push(`${heard.tab} ${words}`);
  for (const event of heard.events) {
    if ('positions' in event) {
      if (event.welcome) omissionsIn(event, trails, heard.channels ?? []).forEach(complain);
      for (const [channel, position] of Object.entries(event.positions)) {
        const trail = trails.get(channel);
        if (trail === undefined) trails.set(channel, begin(position));
        else if (event.recovered[channel] !== true) skip(trail, position);
        else if (textOf(trail.last) !== position)
          complain(`resumed ${channel} at ${position}, and had it up to ${textOf(trail.last)}`);
      }
    } else if ('gap' in event) skip(trails.get(event.channel)!, event.gap);
    else if (event.position !== undefined) {
      const trail = trails.get(event.channel!);
      if (trail === undefined) complain(`got ${event.channel} ${event.position}, and was not in it`);
      else step(trail, event.channel!, event.position, complain);
    }
  }
  const names = heard.events.flatMap((event) =>
    'name' in event && event.name !== undefined ? [event.name] : [],
  );
  return { heard, names, got: new Set(names), trails, faults };
}

/** What a welcome leaves open: whether the tab is in a channel that it has to be in, and whether it has missed something there. */
function omissionsIn(
  { positions, recovered }: Entered,
  trails: ReadonlyMap<string, Trail>,
  channels: readonly string[],
): string[] {
  const untold = [...trails.keys()].filter((channel) => recovered[channel] === undefined);
  const absent = channels.filter((channel) => positions[channel] === undefined);
  return [
    ...untold.map((channel) => `came back to ${channel}, and was not told whether it missed something`),
    ...absent.map((channel) => `is not in ${channel} by its welcome`),
  ];
}

function begin(position: string): Trail {
  const start = parsePosition(position)!;
  return { start, last: start, positions: new Set(), told: [] };
}

function skip(trail: Trail, position: string): void {
  const upTo = parsePosition(position)!;
  trail.told.push({ after: trail.last, upTo });
  trail.last = upTo;
}

function step(trail: Trail, channel: string, text: string, complain: (words: string) => void): void {
  const position = parsePosition(text)!;
  const { epoch, offset } = trail.last;
  if (trail.positions.has(text)) complain(`got ${channel} ${text} twice`);
  else if (!isAfter(position, trail.last)) complain(`got ${channel} ${text} after ${textOf(trail.last)}`);
  else if (position.epoch !== epoch || position.offset !== offset + 1)
    complain(`has a silent gap in ${channel}, from ${textOf(trail.last)} to ${text}`);
  trail.positions.add(text);
  if (isAfter(position, trail.last)) trail.last = position;
}

function misorderIn(tab: string, names: readonly string[], known: ReadonlyMap<string, Sent>): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  const latest = new Map<string, number>();
  for (const name of names) {
    const sent = known.get(name);
    if (sent === undefined) {
      faults.push(`${tab} got ${name}, which nobody sent`);
      continue;
    }
    const newest = latest.get(sent.stream) ?? Number.NEGATIVE_INFINITY;
    if (seen.has(name)) faults.push(`${tab} got ${name} twice`);
    else if (sent.number < newest) faults.push(`${tab} got ${name} after ${newest}`);
    seen.add(name);
    latest.set(sent.stream, Math.max(newest, sent.number));
  }
  return faults;
}

function refusedIn(tab: string, names: readonly string[], known: ReadonlyMap<string, Sent>): string[] {
  const refused = names.filter((name) => known.get(name)?.outcome === 'refused');
  return refused.map((name) => `${tab} got ${name}, which was refused`);
}

/** Where a send stands. */
interface Place {
  readonly channel: string;
  readonly position: string;
}

/** What was accepted to be kept stands somewhere, as nobody could be resumed past it. */
function isAdrift({ kept, outcome, position }: Sent): boolean {
  return kept === true && outcome === 'accepted' && position === undefined;
}

/** Where each send stands, by its receipt or by who got it; and where that is not the same for all. */
function placesOf(sends: readonly Sent[], audience: readonly Heard[]) {
  const places = new Map<string, Place>();
  const names = new Map<string, string>();
  const rewritten = new Set<string>();
  const note = ({ channel, position }: Partial<Place>, name: string | undefined) => {
    if (channel === undefined || position === undefined || name === undefined) return;
    const text = `${channel} ${position}`;
    const meant = names.get(text) ?? name;
    if (meant !== name) rewritten.add(`${text} means ${meant}, and ${name}`);
    names.set(text, meant);
    const place = places.get(name) ?? { channel, position };
    if (place.position !== position) rewritten.add(`${name} is at ${place.position}, and at ${position}`);
    places.set(name, place);
  };
  for (const sent of sends) note(sent as Partial<Place>, nameOf(sent));
  for (const { events } of audience)
    for (const event of events) if ('name' in event) note(event as Partial<Place>, event.name);
  return { places, rewritten };
}

/** What has a position reaches every tab, or lies where it was told of a gap. */
function lossesOf(sent: Sent, { channel, position: text }: Place, walks: readonly Walk[]): string[] {
  const position = parsePosition(text)!;
  const losers = walks.filter(({ trails }) => {
    const trail = trails.get(channel);
    if (trail === undefined || trail.positions.has(text) || !isAfter(position, trail.start)) return false;
    return !trail.told.some((stretch) => isIn(position, stretch));
  });
  return losers.map(
    ({ heard }) => `${heard.tab} never got ${nameOf(sent)} (${channel} ${text}), and was not told`,
  );
}

/** What has no position reaches as many gateways as its receipt says, and all tabs of a gateway or none. */
function deliveryFaults(sent: Sent, walks: readonly Walk[]): string[] {
  const name = nameOf(sent);
  const gateways = new Map<string, { got: number; all: number }>();
  for (const { heard, got: has } of walks) {
    if (heard.gateway === undefined) continue;
    const { got, all } = gateways.get(heard.gateway) ?? { got: 0, all: 0 };
    gateways.set(heard.gateway, { got: got + (has.has(name) ? 1 : 0), all: all + 1 });
  }
  const torn = [...gateways].filter(([, { got, all }]) => got > 0 && got < all);
  const faults = torn.map(([gateway, { got, all }]) => `${name} reached ${got} of ${all} tabs on ${gateway}`);
  const reached = [...gateways.values()].filter(({ got }) => got > 0).length;
  if (sent.outcome === 'accepted' && !sent.exposed && reached !== sent.gateways)
    faults.push(`${name} went to ${sent.gateways} gateways by its receipt, and arrived on ${reached}`);
  return faults;
}

function isIn(position: Position, { after, upTo }: Stretch): boolean {
  return isAfter(position, after) && !isAfter(position, upTo);
}

/** Epochs only rise, so all positions of a channel have one order. */
function isAfter(position: Position, other: Position): boolean {
  if (position.epoch !== other.epoch) return BigInt(position.epoch) > BigInt(other.epoch);
  return position.offset > other.offset;
}

function textOf({ epoch, offset }: Position): string {
  return `${epoch}-${offset}`;
}
