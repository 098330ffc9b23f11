import { groupChannel, userChannel } from '@tabcast/shared';
import type { Dialect } from '../fleet/dialect.js';
import type { Address, TabPlan } from '../fleet/plan.js';
import type { ApiWay, Dealing, SendPlan } from '../sending/plan.js';

/** To whom a stream goes: one channel of tabcast, as the member `to` of a send names it. */
export type Destination =
  | { readonly user: string }
  | { readonly group: string }
  | { readonly all: true }
  | { readonly registered: true };

/** The channel of tabcast that a stream goes to. */
export function channelOf(destination: Destination): string {
  if ('user' in destination) return userChannel(destination.user);
  if ('group' in destination) return groupChannel(destination.group);
  return 'all' in destination ? 'all' : 'registered';
}

/** Who a tab is. */
export interface Visitor {
  readonly user: string;
  readonly groups?: readonly string[];
}

/** What one server process has used since it was started, and holds now. */
export interface ProcessUsage {
  /** For instance `gateway 1`, `redis`. */
  readonly name: string;
  readonly role: 'gateway' | 'redis';
  /** User and system time, its children's included, µs. */
  readonly cpuMicros: number;
  /** Resident memory, its children's included, bytes. */
  readonly residentBytes: number;
  /** What its cgroup holds, the kernel's part of sockets included, bytes; only where it has a cgroup of its own. */
  readonly cgroupBytes?: number;
}

/** Servers under load, wherever they run. */
export interface Target {
  /** For instance `tabcast (history on)`, `Socket.IO (ws)`. */
  readonly name: string;
  /** Where tabs connect. */
  readonly servers: readonly Address[];
  readonly dialect: Dialect;
  /** What a tab of this visitor asks for. */
  tab(visitor: Visitor): Omit<TabPlan, 'streams'>;
  /** How to send to each of these; call it when the tabs are there. */
  way(destinations: readonly Destination[], textBytes: number): Promise<SendPlan['way']>;
  /** How to send to each of these over HTTP, as a backend does; only where there is such an API. */
  api?(destinations: readonly Destination[], dealing: Dealing): ApiWay;
  /** Of the servers, where a load may use it too. */
  readonly redis?: Address;
  /** Of every server process; empty where nothing tells. */
  usage(): Promise<readonly ProcessUsage[]>;
  /** Makes the gateways free what they no longer need; resolves when they have. Only where they were started for it. */
  collect?(): Promise<void>;
  /** Ends what was started for it. */
  stop(): Promise<void>;
}
