import type { RosterEntry } from '../broker/registry.js';
import { json } from './answer.js';
import { type Route, route } from './routes.js';

/** What is asked of whoever follows the roster. */
interface Alive {
  /** The gateways alive as far as is known, this one included, with the age of what is known. */
  readonly roster: readonly RosterEntry[];
  /** Whether this gateway is cut off from the others. */
  readonly degraded: boolean;
}

/** One gateway. Rates are per second. */
export interface NodeAnswer {
  readonly id: string;
  /** Only on the gateway that answers. */
  readonly self?: true;
  readonly state: 'ready' | 'draining';
  readonly version: string;
  /** When its process began, in ms since the epoch, by its own clock. */
  readonly started: number;
  readonly tabs: number;
  /** Users with a tab there; a user may have tabs on several gateways. */
  readonly users: number;
  /** Most tabs that it takes. */
  readonly capacity: number;
  readonly framesPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** 99th percentile of the event loop's lag, in ms. */
  readonly lag: number;
  /** Resident, in bytes. */
  readonly memory: number;
  /** How long ago it was last heard of, in ms. */
  readonly beatAge: number;
  /** Tabs that it has closed since its process began, by reason. Absent where its version does not say. */
  readonly closes?: Readonly<Record<string, number>>;
}

/** Answer of `GET /v1/nodes`. */
export interface NodesAnswer {
  readonly gateways: readonly NodeAnswer[];
  readonly totals: Totals;
  /** This gateway is cut off from the others: what it says of them is what it knew last. */
  readonly degraded: boolean;
}

type Totals = Pick<NodeAnswer, 'tabs' | 'capacity' | 'framesPerSecond' | 'deliveriesPerSecond' | 'memory'>;

/** `GET /v1/nodes`. @param self id of this gateway */
export function nodesRoute(self: string, alive: Alive): Route {
  return route('nodes', () => json(200, nodesAnswer(self, alive)));
}

function nodesAnswer(self: string, { roster, degraded }: Alive): NodesAnswer {
  const sum = (field: keyof Totals) => roster.reduce((total, entry) => total + entry[field], 0);
  return {
    gateways: roster.map((entry) => nodeAnswer(self, entry)),
    totals: {
      ...{ tabs: sum('tabs'), capacity: sum('capacity'), memory: sum('memory') },
      framesPerSecond: sum('framesPerSecond'),
      deliveriesPerSecond: sum('deliveriesPerSecond'),
    },
    degraded,
  };
}

function nodeAnswer(self: string, { gateway, age, ...lease }: RosterEntry): NodeAnswer {
  return {
    id: gateway,
    ...(gateway === self && { self: true }),
    ...lease,
    beatAge: age,
  };
}
