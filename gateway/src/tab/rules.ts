import type { TokenVerifier } from '../auth/token.js';
import type { Backend } from '../backend/backend.js';
import type { Memberships } from '../cluster/memberships.js';
import type { OnlineEvents } from '../cluster/online-events.js';
import type { Revoker } from '../cluster/revoker.js';
import type { Seats } from '../cluster/seats.js';
import type { Fanout } from '../fanout/fanout.js';
import type { Hub } from '../fanout/hub.js';
import type { Logger } from '../log.js';
import type { Counters } from '../metrics/counters.js';
import type { Deadlines } from './deadlines.js';
import type { RateLimits } from './rate-limits.js';
import type { SlowTabs } from './slow-tabs.js';

/** What all tabs of a gateway share: one object, so that a tab carries one reference. */
export interface TabRules {
  /** Id of this gateway. */
  readonly gateway: string;
  readonly hub: Hub;
  readonly fanout: Fanout;
  readonly memberships: Pick<Memberships, 'of'>;
  readonly backend: Backend;
  readonly verifier: TokenVerifier;
  readonly revoker: Pick<Revoker, 'covers'>;
  /** Undefined where the backend does not care. */
  readonly online: Pick<OnlineEvents, 'came' | 'went'> | undefined;
  readonly deadlines: Deadlines;
  readonly seats: Seats;
  readonly slowTabs: SlowTabs;
  readonly rateLimits: RateLimits;
  readonly counters: Counters;
  readonly log: Logger;
  /** A clock in ms since the epoch, because tokens expire by the calendar. */
  readonly now: () => number;
  /** How long a connection may wait with its token, in ms. */
  readonly authTimeout: number;
  /** How long a connection outlives its token, in ms. */
  readonly tokenGrace: number;
}
