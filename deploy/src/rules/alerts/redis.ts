import type { Alert } from '../rule.js';

/** Redis, as its exporter sees it. */
export const redisAlerts = {
  TabcastRedisUnobserved: {
    expr: 'up{job="redis"} == 0 or redis_up{job="redis"} == 0',
    for: '2m',
    severity: 'ticket',
    summary: 'Nothing is known of Redis by {{ $labels.instance }}',
    description: 'Nothing, unless gateways are degraded as well.',
  },
  TabcastRedisMemory: {
    expr: 'redis_memory_used_bytes{job="redis"} / (redis_memory_max_bytes{job="redis"} > 0) > 0.85',
    for: '5m',
    severity: 'ticket',
    summary: 'Redis has filled {{ $value | humanizePercentage }} of maxmemory',
    description: 'Nothing yet. When it is full, sends that are to be kept are refused.',
  },
  TabcastRedisEvicts: {
    expr: 'increase(redis_evicted_keys_total{job="redis"}[10m]) > 0',
    severity: 'page',
    summary: 'Redis throws keys away',
    description: 'Histories and memberships vanish: tabs miss messages, and may be out of their groups.',
  },
  TabcastRedisRejects: {
    expr: 'increase(redis_rejected_connections_total{job="redis"}[5m]) > 0',
    severity: 'ticket',
    summary: 'Redis has no room for more connections',
    description: 'A gateway that starts, or has lost its connection, stays without Redis.',
  },
  TabcastRedisReplicaBehind: {
    expr: 'redis_connected_slave_lag_seconds{job="redis"} > 10',
    for: '5m',
    severity: 'ticket',
    summary: 'A replica of Redis is {{ $value | humanizeDuration }} behind',
    description:
      'Nothing yet. A failover would lose what it has not got, and tabs would load their data anew.',
  },
} as const satisfies Record<string, Alert>;
