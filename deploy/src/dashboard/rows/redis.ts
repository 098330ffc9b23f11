import { BytesIEC, PercentUnit, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { lines } from '../kinds.js';
import { gateways, perMinute, quantile, rate, redis } from '../query.js';
import { high, type Row } from '../row.js';

const live = lines({
  title: 'Redis as each gateway sees it',
  tells: '1 while Redis carries for this gateway in both directions, else 0.',
  bad: '0. All gateways at once: Redis is away, or fails over. One: the way from there.',
  alerts: ['TabcastDegraded'],
  unit: Short,
  queries: { '{{instance}}': gateways('tabcast_broker_live') },
  max: 1,
});

const losses = lines({
  title: 'Losses of Redis, per minute',
  tells: 'How often gateways lost Redis, and how often nobody heard them say that they are alive.',
  bad: 'any outside a failover: each makes gateways read what they missed.',
  alerts: ['TabcastBrokerFlapping'],
  unit: Short,
  queries: {
    'lost by {{instance}}': perMinute(gateways('tabcast_broker_losses_total')),
    'beats of {{instance}} unheard': perMinute(gateways('tabcast_beats_total', 'outcome="failed"')),
  },
});

const roundTrip = lines({
  title: 'Round trip, p99 of each gateway',
  tells: 'From each gateway through Redis and back.',
  bad: 'one line above the others: the network of that gateway. All of them: Redis is busy.',
  unit: Seconds,
  queries: { '{{instance}}': quantile(0.99, 'tabcast_broker_round_trip_seconds', 'instance') },
  limits: { bad: 0.1 },
});

const cpu = lines({
  title: 'CPU of Redis, of one core',
  tells: 'Processor time of each Redis. Commands run on one core, so 100 % is all that there is.',
  bad: 'above 80 %: send in batches, keep less history, or go to a Redis Cluster.',
  unit: PercentUnit,
  queries: {
    '{{instance}}': `${rate(redis('redis_cpu_sys_seconds_total'))} + ${rate(redis('redis_cpu_user_seconds_total'))}`,
  },
  limits: { bad: 0.8 },
});

const memory = lines({
  title: 'Memory of Redis',
  tells: 'What each Redis uses, and what it may use; 0 is no limit.',
  bad: 'close to the limit: sends that are to be kept are refused with 507.',
  alerts: ['TabcastRedisMemory'],
  unit: BytesIEC,
  queries: {
    '{{instance}} uses': redis('redis_memory_used_bytes'),
    '{{instance}} may use': redis('redis_memory_max_bytes'),
  },
});

const buffers = lines({
  title: 'Buffers of clients',
  tells: 'What waits in Redis for gateways to read it: all clients together, and the longest of late.',
  bad: 'growth: a gateway does not read. Beyond `client-output-buffer-limit` Redis closes it.',
  unit: BytesIEC,
  queries: {
    '{{instance}} together': redis('redis_mem_clients_normal'),
    '{{instance}} longest': redis('redis_client_recent_max_output_buffer_bytes'),
  },
});

const commands = lines({
  title: 'Commands per second',
  tells: 'What each Redis is asked to do.',
  bad: 'much more than sends and handshakes explain: something else uses this Redis.',
  unit: Short,
  queries: { '{{instance}}': rate(redis('redis_commands_processed_total')) },
});

const clients = lines({
  title: 'Clients and subscriptions',
  tells: 'Connections to each Redis, and channels that somebody listens to.',
  bad: 'more clients than gateways explain. Channels follow the users and groups that are there.',
  unit: Short,
  queries: {
    '{{instance}} clients': redis('redis_connected_clients'),
    '{{instance}} channels': redis('redis_pubsub_channels'),
  },
});

const evictions = lines({
  title: 'Evicted and refused, per minute',
  tells: 'Keys that Redis gave up for lack of memory, and connections that it refused for their number.',
  bad: 'any. Set `maxmemory-policy noeviction`: evicted histories cannot be resumed from.',
  alerts: ['TabcastRedisEvicts', 'TabcastRedisRejects'],
  unit: Short,
  queries: {
    '{{instance}} evicted': perMinute(redis('redis_evicted_keys_total')),
    '{{instance}} refused': perMinute(redis('redis_rejected_connections_total')),
  },
});

const reached = lines({
  title: 'Redis as its exporter sees it',
  tells: '1 while redis_exporter reaches its Redis, else 0.',
  bad: '0. If gateways still see Redis, it is the exporter.',
  alerts: ['TabcastRedisUnobserved'],
  unit: Short,
  queries: { '{{instance}}': redis('redis_up') },
  max: 1,
});

/** Is it Redis? */
export const theRedis: Row = {
  title: 'Redis',
  lines: [
    high(live, losses, roundTrip),
    high(cpu, memory, buffers),
    high(reached, commands, clients, evictions),
  ],
};
