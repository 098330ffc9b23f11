import { randomBytes } from 'node:crypto';
import type { TwoStepVerifier } from '../auth/token.js';
import type { ApplicationModule } from '../backend/local.js';
import type { WebhookOptions } from '../backend/webhook/backend.js';
import type { Broker } from '../broker/broker.js';
import type { Registry } from '../broker/registry.js';
import type { SeatRules } from '../cluster/seats.js';
import type { KeepOptions } from '../fanout/keep.js';
import type { Route } from '../http/routes.js';
import type { LeavingOptions } from '../leaving/leaving.js';
import type { Logger } from '../log.js';
import type { Reports } from '../metrics/together.js';
import type { AdmissionRules } from '../socket/admission.js';
import type { Address } from '../socket/cannot-listen.js';
import type { PublicOptions } from '../socket/server.js';

/** Everything a gateway is made of that differs from one to the next. */
export interface GatewayParts {
  /** Unique in the cluster, see `newGatewayId`. */
  readonly id: string;
  readonly broker: Broker;
  readonly registry: Registry;
  readonly verifier: TwoStepVerifier;
  /** Whether the verifier has keys; it may be waiting for its first key set. */
  readonly hasKeys: () => boolean;
  /** The application's module; undefined where none is configured. */
  readonly application: ApplicationModule | undefined;
  /** Where the application takes events; undefined where it does not. */
  readonly webhooks: WebhookOptions | undefined;
  readonly log: Logger;
  readonly version: string;
  /** A clock in ms since the epoch. */
  readonly now: () => number;
  /** Further routes of the public port; none in production. */
  readonly pages: readonly Route[];
  /** The workers that share the ports, this one counted; undefined where this gateway has them for itself. */
  readonly workers: Workers | undefined;
}

/** What a gateway asks of those that share its ports. */
interface Workers extends Reports {
  /** How many of them take new tabs. */
  readonly ready: number;
  /** Says whether this one does. */
  become(ready: boolean): void;
}

/** Options are looked up where they are used, in this one object: `renew` changes it. */
export interface GatewayOptions
  extends AdmissionRules,
    PublicOptions,
    LeavingOptions,
    SeatRules,
    KeepOptions {
  readonly public: Address;
  readonly internal: Address;
  /** Gateways that are to share these ports, this one counted. */
  readonly workers: number;
  readonly apiKeys: readonly string[];
  /** Largest body of an API request, in bytes. */
  readonly apiBodyLimit: number;
  /** How long a user stays in a group that the backend has put it into, in s. */
  readonly membershipTtl: number;
  /** How long a revocation is remembered that does not say so itself, in s. */
  readonly revocationTtl: number;
  /** Verified tokens that are remembered; 0: none. */
  readonly tokenCacheSize: number;
  /** ms, see OnlineEventsParts. */
  readonly offlineDelay: number;
  readonly anonymous: boolean;
  /** Addresses and networks, see TrustedProxies. */
  readonly trustedProxies: readonly string[];
  /** ms, see TabRules. */
  readonly authTimeout: number;
  /** ms, see TabRules. */
  readonly tokenGrace: number;
  /** What one tab may send in a second; 0: any amount. */
  readonly tabMessagesPerSecond: number;
  readonly tabBytesPerSecond: number;
  readonly tabJoinsPerSecond: number;
  /** Groups that a tab may be in at once. */
  readonly maxGroups: number;
  /** ms, see SlowTabRules. */
  readonly stallTimeout: number;
}

/** A fresh gateway id: short, because every connection id begins with it, and random, because nobody hands them out. */
export function newGatewayId(): string {
  return randomBytes(6).readUIntBE(0, 6).toString(36).padStart(10, '0');
}
