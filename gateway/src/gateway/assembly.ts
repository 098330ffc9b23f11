import { userChannel } from '@tabcast/shared';
import { type ApiKeys, createApiKeys } from '../auth/api-key.js';
import { TokenCache } from '../auth/cache.js';
import { type TokenVerifier, whenVerified } from '../auth/token.js';
import type { Backend } from '../backend/backend.js';
import type { WebhookBackend } from '../backend/webhook/backend.js';
import { Heartbeat } from '../cluster/heartbeat.js';
import { LoadMeter, type LoadReadings, watchLoopLag } from '../cluster/load.js';
import { Memberships } from '../cluster/memberships.js';
import { OnlineEvents } from '../cluster/online-events.js';
import { Orders } from '../cluster/orders.js';
import { Presence } from '../cluster/presence.js';
import { Questions } from '../cluster/questions.js';
import { Revoker, refuseRevoked } from '../cluster/revoker.js';
import { Seats } from '../cluster/seats.js';
import { Trends } from '../cluster/trends.js';
import { Fanout } from '../fanout/fanout.js';
import { Hub } from '../fanout/hub.js';
import { keepBy } from '../fanout/keep.js';
import { Once } from '../fanout/once.js';
import { Sample } from '../fanout/sample.js';
import type { LeavingTab } from '../leaving/farewells.js';
import { Leaving } from '../leaving/leaving.js';
import { Counters } from '../metrics/counters.js';
import type { Readings } from '../metrics/metric.js';
import { MetricsPage } from '../metrics/page.js';
import { PublicServer } from '../socket/server.js';
import { Deadlines } from '../tab/deadlines.js';
import { obey } from '../tab/obey.js';
import { type RateLimitRules, RateLimits } from '../tab/rate-limits.js';
import type { TabRules } from '../tab/rules.js';
import { SlowTabs } from '../tab/slow-tabs.js';
import type { Tab } from '../tab/tab.js';
import { createWebhooks } from './backends.js';
import type { GatewayOptions, GatewayParts } from './parts.js';

/** `starting` until its public port is open, `draining` from the moment that it was told to leave. */
export type GatewayState = 'starting' | 'ready' | 'draining';

/** What its parts ask of the life of a gateway. */
export interface Life {
  state(): GatewayState;
  /** Takes no new tabs. */
  stopAccepting(): void;
  /** Leaves in order. */
  leave(): void;
}

/** A clock in ms that never goes back. */
const steady = () => performance.now();

/** Everything that a gateway consists of, built and joined here and nowhere else; when it acts is for gateway.ts to say. */
export class Assembly {
  readonly counters = new Counters();
  readonly hub: Hub;
  readonly server: PublicServer;
  readonly apiKeys: ApiKeys;
  readonly tokenCache: TokenCache | undefined;
  readonly deadlines: Deadlines;
  readonly slowTabs: SlowTabs;
  readonly rateLimits: RateLimits;
  readonly orders: Orders;
  readonly presence: Presence;
  readonly memberships: Memberships;
  readonly seats: Seats;
  readonly sample: Sample;
  readonly fanout: Fanout;
  readonly leaving: Leaving;
  readonly trends = new Trends();
  readonly heartbeat: Heartbeat;
  readonly revoker: Revoker;
  readonly webhooks: WebhookBackend | undefined;
  readonly metrics: MetricsPage;
  readonly #parts: GatewayParts;
  readonly #options: GatewayOptions;
  readonly #life: Life;

  constructor(parts: GatewayParts, options: GatewayOptions, life: Life) {
    const { id, broker, registry, log, now, verifier } = parts;
    const { counters } = this;
    this.#parts = parts;
    this.#options = options;
    this.#life = life;
    this.hub = new Hub(options.latestChannels);
    this.metrics = new MetricsPage(this.#readings());
    this.server = new PublicServer(options, log, counters);
    this.apiKeys = createApiKeys(options.apiKeys);
    const { tokenCacheSize: size } = options;
    this.tokenCache = size === 0 ? undefined : new TokenCache(verifier, { size, now, counters });
    this.deadlines = new Deadlines(now);
    this.rateLimits = new RateLimits(this.rateLimitRules());
    this.slowTabs = new SlowTabs({
      ...{ ...options, counters, now: steady, size: () => this.hub.size, tabs: () => this.#tabs() },
    });
    this.orders = new Orders(broker, counters);
    const { hub, orders, server: bus } = this;
    const questions = new Questions(orders, id, counters);
    this.presence = new Presence(questions);
    const ttl = options.membershipTtl * 1000;
    this.memberships = new Memberships({ registry, orders, ttl, now: steady });
    this.seats = new Seats({ orders, questions, counters, now }, options);
    obey(orders, questions, hub);
    orders.on('drain', () => life.leave());
    const { metrics } = this;
    this.sample = new Sample(steady, (seconds) => metrics.observe('delivery', seconds));
    const once = new Once(steady);
    const keepFor = keepBy(options);
    this.fanout = new Fanout({
      ...{ gateway: id, broker, hub, once, bus, orders, counters, keepFor, log, sample: this.sample },
    });
    this.leaving = this.#createLeaving();
    this.heartbeat = this.#createHeartbeat();
    this.revoker = this.#createRevoker();
    const observe = (seconds: number) => metrics.observe('webhook', seconds);
    this.webhooks =
      parts.webhooks && createWebhooks(parts.webhooks, this.fanout, { log, now, counters, observe });
  }

  /** What the tabs of this gateway share. */
  tabRules(backend: Backend, online: OnlineEvents | undefined): TabRules {
    const { id: gateway, log, now, verifier } = this.#parts;
    const { authTimeout, tokenGrace } = this.#options;
    const { counters, hub, fanout, deadlines, slowTabs, rateLimits, seats, memberships, revoker } = this;
    const unrevoked = refuseRevoked(this.tokenCache ?? verifier, revoker);
    return {
      ...{
        gateway,
        hub,
        fanout,
        deadlines,
        slowTabs,
        rateLimits,
        seats,
        memberships,
        revoker,
        online,
        backend,
      },
      ...{ verifier: countTokens(unrevoked, counters), counters, log, now, authTimeout, tokenGrace },
    };
  }

  /** Undefined where the backend does not care who is online. */
  createOnlineEvents({ presenceChanged: tell }: Backend): OnlineEvents | undefined {
    if (tell === undefined) return undefined;
    const { broker, id: gateway, log, registry } = this.#parts;
    const { offlineDelay } = this.#options;
    const isHere = (user: string) => this.hub.members(userChannel(user)) !== undefined;
    const online = new OnlineEvents({ gateway, registry, log, tell, offlineDelay, isHere, now: steady });
    this.heartbeat.onBeat(({ roster }) => (broker.state === 'live' ? online.beaten(roster) : undefined));
    return online;
  }

  /** What a tab may send, by the options of now. */
  rateLimitRules(): RateLimitRules {
    const { tabMessagesPerSecond, tabBytesPerSecond, tabJoinsPerSecond } = this.#options;
    const rates = { messages: tabMessagesPerSecond, bytes: tabBytesPerSecond, joins: tabJoinsPerSecond };
    return { ...this.#options, rates, counters: this.counters, now: steady };
  }

  /** Nobody but the socket server adds to the hub, and it adds nothing else. */
  #tabs(): IterableIterator<Tab> {
    return this.hub.tabs() as IterableIterator<Tab>;
  }

  /** Tabs that share a socket go together. */
  #leavingTabs(): LeavingTab[] {
    const alone = [...this.#tabs()].filter(({ encoding }) => encoding !== 'shared');
    return [...alone, ...this.server.sharedSockets()];
  }

  #createLeaving(): Leaving {
    const { id: gateway, now } = this.#parts;
    const { counters, deadlines: alarm } = this;
    const parts = {
      ...{ gateway, counters, now, alarm },
      count: () => this.server.sockets,
      tabs: () => this.#leavingTabs(),
      tabCount: () => this.hub.size,
      healthy: () => !this.heartbeat.degraded,
      stopAccepting: () => this.#life.stopAccepting(),
    };
    return new Leaving(parts, this.#options);
  }

  #createHeartbeat(): Heartbeat {
    const { broker, id: gateway, log, registry, version } = this.#parts;
    const { counters } = this;
    const meter = new LoadMeter(watchLoopLag());
    const heartbeat = new Heartbeat({
      ...{ registry, gateway, log, counters, now: steady },
      brokerLive: () => broker.state === 'live',
      lease: () => ({
        ...{ gateway, version, started: Math.round(performance.timeOrigin) },
        ...meter.measure(this.#readLoad(), process.memoryUsage.rss(), steady()),
      }),
    });
    heartbeat.onBeat(({ roster }) => this.leaving.rosterSeen(roster));
    heartbeat.onBeat(({ roster }) => this.trends.take(roster, steady()));
    return heartbeat;
  }

  #createRevoker(): Revoker {
    const { now, registry } = this.#parts;
    const { hub, orders } = this;
    const close = (tab: unknown) => (tab as Tab).socket.close(4403);
    const revoker = new Revoker({ registry, orders, hub, now, close });
    this.heartbeat.onBeat(({ revocations }) => revoker.follow(revocations));
    return revoker;
  }

  #readLoad(): LoadReadings {
    const { deliveries, framesReceived, tabsClosed: closes } = this.counters;
    const { capacity } = this.#options;
    return {
      ...{ tabs: this.hub.size, users: this.hub.users, capacity: capacity.tabs, deliveries, closes },
      frames: Object.values(framesReceived).reduce((sum, count) => sum + count, 0),
      state: this.#life.state() === 'draining' ? 'draining' : 'ready',
    };
  }

  #readings(): Readings {
    const { broker, version } = this.#parts;
    return {
      counters: this.counters,
      version,
      workers: () => this.#options.workers,
      tabs: () => this.hub.size,
      capacity: () => this.#options.capacity.tabs,
      connections: () => this.server.connections,
      channels: () => this.hub.channels,
      tabsBehind: () => this.slowTabs.size,
      brokerLive: () => broker.state === 'live',
      gateways: () => this.heartbeat.roster.length,
      degraded: () => this.heartbeat.degraded,
      drainRemaining: () => this.leaving.drain.remaining,
      drainProgress: () => this.leaving.drain.progress,
      webhooksPending: () => this.webhooks?.pending ?? 0,
      webhooksBroken: () => this.webhooks?.broken ?? false,
    };
  }
}

function countTokens(verifier: TokenVerifier, counters: Counters): TokenVerifier {
  return {
    verify: (token) =>
      whenVerified(verifier.verify(token), (verdict) => {
        counters.tokens['refused' in verdict ? verdict.refused : 'accepted']++;
        return verdict;
      }),
    close: () => verifier.close(),
  };
}
