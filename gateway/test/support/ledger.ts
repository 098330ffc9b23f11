/**
 * The exact ledger: every numbered send with its answer on one side, everything every tab got on the other. Where they
 * disagree with what tabcast promises, there is a sentence for each disagreement.
 *
 * Every tab is in the audience of every stream. Order is promised within a stream: one gateway, one channel.
 */

/** Refused: nothing was sent. Unknown: it may arrive, but not twice. */
export type Outcome = 'accepted' | 'refused' | 'unknown';

/** One send of a stream. */
export interface Sent {
  readonly stream: string;
  /** Counts within the stream. */
  readonly number: number;
  readonly outcome: Outcome;
  /** How many gateways the receipt counted; 0 when there was none. */
  readonly gateways: number;
  /** It was under way while a fault threw away what Redis had taken: accepted or not, it may be lost. */
  readonly exposed: boolean;
}

/** Everything that one tab got, in the order of its coming. */
export interface Heard {
  readonly tab: string;
  readonly gateway: string;
  readonly messages: readonly { readonly stream: string; readonly number: number }[];
}

/** Every broken promise as a sentence; none when all is well. */
export function faultsIn(sends: readonly Sent[], audience: readonly Heard[]): string[] {
  const known = new Set(sends.map(nameOf));
  return [
    ...audience.flatMap((heard) => [...misorderIn(heard), ...strangersIn(heard, known)]),
    ...deliveryFaults(sends, audience),
  ];
}

function misorderIn({ tab, messages }: Heard): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  const latest = new Map<string, number>();
  for (const message of messages) {
    const { stream, number } = message;
    const newest = latest.get(stream) ?? Number.NEGATIVE_INFINITY;
    if (seen.has(nameOf(message))) faults.push(`${tab} got ${nameOf(message)} twice`);
    else if (number < newest) faults.push(`${tab} got ${nameOf(message)} after ${newest}`);
    seen.add(nameOf(message));
    latest.set(stream, Math.max(newest, number));
  }
  return faults;
}

function strangersIn({ tab, messages }: Heard, known: ReadonlySet<string>): string[] {
  const strangers = messages.map(nameOf).filter((name) => !known.has(name));
  return strangers.map((name) => `${tab} got ${name}, which nobody sent`);
}

function deliveryFaults(sends: readonly Sent[], audience: readonly Heard[]): string[] {
  const gateways = new Map<string, Heard[]>();
  for (const heard of audience) gateways.set(heard.gateway, [...(gateways.get(heard.gateway) ?? []), heard]);
  const gotBy = new Map(audience.map((heard) => [heard, new Set(heard.messages.map(nameOf))]));
  return sends.flatMap((sent) => {
    const reached = [...gateways].map(([gateway, tabs]) => ({
      gateway,
      all: tabs.length,
      got: tabs.filter((tab) => gotBy.get(tab)!.has(nameOf(sent))).length,
    }));
    const torn = reached.filter(({ got, all }) => got > 0 && got < all);
    return [
      ...torn.map((at) => `${nameOf(sent)} reached ${at.got} of ${at.all} tabs on ${at.gateway}`),
      ...outcomeFaults(sent, reached.filter(({ got }) => got > 0).length),
    ];
  });
}

function outcomeFaults(sent: Sent, reached: number): string[] {
  const { outcome, gateways, exposed } = sent;
  if (outcome === 'refused' && reached > 0)
    return [`${nameOf(sent)} was refused, and delivered all the same`];
  // More gateways than those that were there can have read it from history since.
  if (outcome === 'accepted' && !exposed && reached < gateways)
    return [`${nameOf(sent)} went to ${gateways} gateways by its receipt, and arrived on ${reached}`];
  return [];
}

function nameOf({ stream, number }: { stream: string; number: number }): string {
  return `${stream} ${number}`;
}
