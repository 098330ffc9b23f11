import {
  BytesIEC,
  BytesPerSecondIEC,
  PercentUnit,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import { lines } from '../kinds.js';
import { gateways, rate } from '../query.js';
import { high, type Row } from '../row.js';

const tabs = lines({
  title: 'Tabs',
  tells: 'Tabs on each gateway, upon one another, so that the topmost line is all of them.',
  bad: 'one gateway that stays much fuller than others for hours: they find no balance.',
  alerts: ['TabcastRebalancingForever'],
  unit: Short,
  queries: { '{{instance}}': gateways('tabcast_tabs') },
  stacked: true,
});

const connections = lines({
  title: 'Connections',
  tells:
    'Connections to the public port of each gateway. Tabs of one browser may share one; some are no tab yet.',
  bad: 'many more connections than tabs: clients that connect and never finish a handshake.',
  unit: Short,
  queries: { '{{instance}}': gateways('tabcast_connections') },
});

const capacity = lines({
  title: 'Capacity in use',
  tells: 'Tabs on each gateway as a part of what it may hold.',
  bad: 'above 80 %.',
  alerts: ['TabcastNearCapacity', 'TabcastCapacityReached'],
  unit: PercentUnit,
  queries: { '{{instance}}': gateways('tabcast_tabs_capacity_ratio') },
  limits: { bad: 0.8 },
});

const deliveries = lines({
  title: 'Deliveries per second',
  tells: 'Frames that each gateway gives to its tabs.',
  bad: 'a gateway with tabs and without deliveries, while others have some.',
  unit: Short,
  queries: { '{{instance}}': rate(gateways('tabcast_deliveries_total')) },
});

const bytes = lines({
  title: 'Delivered bytes per second',
  tells: 'What each gateway writes to its tabs, without headers of WebSocket and TCP.',
  bad: 'close to what the network of the machine can carry.',
  unit: BytesPerSecondIEC,
  queries: { '{{instance}}': rate(gateways('tabcast_delivered_bytes_total')) },
});

const channels = lines({
  title: 'Channels',
  tells: 'Channels that each gateway hears of: users, groups and the two for everyone that it holds tabs of.',
  bad: 'growth while tabs do not grow: pages that join groups without end.',
  unit: Short,
  queries: { '{{instance}}': gateways('tabcast_channels') },
});

const cpu = lines({
  title: 'CPU, of one core',
  tells: 'Processor time of each gateway, of workers on average. Each uses one core, and little more.',
  bad: 'above 80 % for long: add gateways, or workers where there are cores left.',
  unit: PercentUnit,
  queries: {
    '{{instance}}': `${rate(gateways('process_cpu_seconds_total'))} / ${gateways('tabcast_workers')}`,
  },
  limits: { bad: 0.8 },
});

const memory = lines({
  title: 'Memory',
  tells:
    'Resident memory of each gateway, all that its container is charged for but the sockets of the kernel.',
  bad: 'growth that does not follow the number of tabs; slow tabs take up to `max-backpressure` each.',
  unit: BytesIEC,
  queries: { '{{instance}}': gateways('process_resident_memory_bytes') },
});

const lag = lines({
  title: 'Event-loop lag, p99',
  tells:
    'How long each gateway lets work wait, because it does something else; about 20 ms is how exactly it is measured.',
  bad: 'above 0.2 s for 5 s: it refuses handshakes by itself then.',
  alerts: ['TabcastEventLoopLag'],
  unit: Seconds,
  queries: { '{{instance}}': gateways('nodejs_eventloop_lag_p99_seconds') },
  limits: { bad: 0.2 },
});

const files = lines({
  title: 'Open files',
  tells: 'Open files of each gateway as a part of what its process may open; each connection is one.',
  bad: 'above 80 %: beyond the end nothing can connect. Raise the limit of the container.',
  unit: PercentUnit,
  queries: { '{{instance}}': `${gateways('process_open_fds')} / ${gateways('process_max_fds')}` },
  limits: { bad: 0.8 },
});

/** Is it one of them? */
export const eachGateway: Row = {
  title: 'Each gateway',
  lines: [
    high(tabs, connections, capacity),
    high(deliveries, bytes, channels),
    high(cpu, memory, lag, files),
  ],
};
