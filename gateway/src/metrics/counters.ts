import { closeCodes } from '@tabcast/shared';

const ourCloseReasons = Object.values(closeCodes).map(({ name }) => name);

/** Kinds of channels that tabs are in. */
const tabChannels = ['all', 'registered', 'user', 'group'] as const;

/** Limits that a handshake can run into. */
const handshakeLimits = ['lag', 'capacity', 'handshake-rate', 'address'] as const;

/**
 * Closed sets of label values. Besides the names of our own close codes, a tab closes with a code of the application,
 * because the client closed it, fell silent (idle), broke RFC 6455 (protocol), or because the connection was lost.
 */
const labels = {
  closed: [...ourCloseReasons, 'application', 'client', 'idle', 'protocol', 'lost'],
  handshake: [
    'accepted',
    'request',
    'origin',
    'token',
    'unavailable',
    'backend-refused',
    'backend-unavailable',
    'aborted',
    ...handshakeLimits,
  ],
  limit: [...handshakeLimits, 'connections', 'messages', 'bytes', 'joins', 'groups', 'user-tabs'],
  token: [
    'accepted',
    'too-long',
    'malformed',
    'signature',
    'expired',
    'not-yet-valid',
    'claims',
    'revoked',
    'keys-unavailable',
  ],
  tokenCache: ['hit', 'miss'],
  send: ['accepted', 'invalid', 'unavailable', 'unknown', 'conflict', 'history-full'],
  channel: [...tabChannels, 'gateway', 'gateways'],
  tabChannel: tabChannels,
  catchUp: ['filled', 'lost', 'failed'],
  resume: ['recovered', 'lost'],
  historyReader: ['gateway', 'tab'],
  frame: ['action', 'system', 'malformed'],
  order: ['describe', 'answer', 'put', 'remove', 'close', 'revoke', 'drain', 'seat', 'unknown', 'malformed'],
  question: ['complete', 'incomplete'],
  beat: ['succeeded', 'failed'],
  webhook: ['answered', 'refused', 'slow', 'down', 'circuit-open', 'queue-full'],
} as const;

export type CloseReason = (typeof labels.closed)[number];
export type HandshakeOutcome = (typeof labels.handshake)[number];
export type HandshakeLimit = (typeof handshakeLimits)[number];
export type Limit = (typeof labels.limit)[number];
export type TokenOutcome = (typeof labels.token)[number];
export type CacheOutcome = (typeof labels.tokenCache)[number];
export type SendOutcome = (typeof labels.send)[number];
export type ChannelKind = (typeof labels.channel)[number];
export type TabChannelKind = (typeof labels.tabChannel)[number];
export type CatchUpOutcome = (typeof labels.catchUp)[number];
export type ResumeOutcome = (typeof labels.resume)[number];
export type HistoryReader = (typeof labels.historyReader)[number];
export type FrameKind = (typeof labels.frame)[number];
export type OrderKind = (typeof labels.order)[number];
export type QuestionOutcome = (typeof labels.question)[number];
export type BeatOutcome = (typeof labels.beat)[number];
export type WebhookOutcome = (typeof labels.webhook)[number];

/**
 * What a gateway counts, as plain integers: a labelled prom-client counter costs 0.1–0.3 µs a call, several percent of
 * a core at 300k deliveries/s. The metrics page copies them when it is read. No label names a user, group or channel.
 */
export class Counters {
  tabsOpened = 0;
  readonly tabsClosed = zeros<CloseReason>(labels.closed);
  readonly handshakes = zeros<HandshakeOutcome>(labels.handshake);
  /** Times that something ran into a limit, in a dry run too. */
  readonly limitsHit = zeros<Limit>(labels.limit);
  /** Tabs that were let in although nobody knew how many their user has. */
  seatsUnsure = 0;
  readonly tokens = zeros<TokenOutcome>(labels.token);
  readonly tokenCache = zeros<CacheOutcome>(labels.tokenCache);
  readonly sends = zeros<SendOutcome>(labels.send);
  readonly publications = zeros<ChannelKind>(labels.channel);
  /** Readings of a channel, a page each. Those that find nothing new are not counted. */
  readonly catchUps = zeros<CatchUpOutcome>(labels.catchUp);
  /** Times that tabs of a channel were told that something is lost: all of them at once, or one that was resuming. */
  readonly gaps = zeros<TabChannelKind>(labels.tabChannel);
  /** Channels that tabs resumed. */
  readonly resumes = zeros<ResumeOutcome>(labels.resume);
  /** What was delivered from history: for all tabs of a channel at once, or for one that resumed. */
  readonly historyEntries = zeros<HistoryReader>(labels.historyReader);
  readonly framesReceived = zeros<FrameKind>(labels.frame);
  /** Tabs that were asked to move because other gateways held fewer. */
  tabsShed = 0;
  /** Orders that arrived from gateways, this one included. */
  readonly orders = zeros<OrderKind>(labels.order);
  readonly questions = zeros<QuestionOutcome>(labels.question);
  readonly beats = zeros<BeatOutcome>(labels.beat);
  /** Attempts to reach the backend. */
  readonly webhooks = zeros<WebhookOutcome>(labels.webhook);
  /** Events that the backend was never told of. */
  webhookEventsDropped = 0;
  /** One publication to 1,000 tabs is 1,000 deliveries. */
  deliveries = 0;
  /** Bytes of frames in deliveries, without WebSocket headers. */
  deliveredBytes = 0;
  /** Times that uWebSockets said it dropped frames of a slow tab; it does not say so for every frame. */
  drops = 0;
  /** Frames that a tab that was behind never got, because a later one of the same action took their place. */
  conflated = 0;
  /** Envelopes of a version that this gateway does not know. */
  unreadableEnvelopes = 0;
  /** Times that the broker went from live to down. */
  brokerLosses = 0;

  /** @param bytes of all frames that were written for it */
  countDeliveries(tabs: number, bytes: number): void {
    this.deliveries += tabs;
    this.deliveredBytes += bytes;
  }

  /** @param channel that tabs are in */
  countGap(channel: string): void {
    this.gaps[kindOf(channel) as TabChannelKind]++;
  }
}

/** What kind a channel is of, by its name up to the colon. */
export function kindOf(channel: string): ChannelKind {
  const colon = channel.indexOf(':');
  return (colon === -1 ? channel : channel.slice(0, colon)) as ChannelKind;
}

function zeros<Label extends string>(names: readonly Label[]): Record<Label, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Label, number>;
}
