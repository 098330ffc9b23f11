import type { redisAlerts } from '../alerts/redis.js';
import { type Proof, redis } from './situation.js';

export const redisSituations: Record<keyof typeof redisAlerts, Proof> = {
  TabcastRedisUnobserved: {
    fires: { when: 'Redis does not answer its exporter', series: { [redis('redis_up')]: '1x10 0x50' } },
    silent: [{ when: 'the exporter is restarted', series: { [redis('up')]: '1x10 0 0 1x50' } }],
  },
  TabcastRedisMemory: {
    fires: {
      when: 'it fills up',
      series: {
        [redis('redis_memory_used_bytes')]: '90x60',
        [redis('redis_memory_max_bytes')]: '100x60',
      },
    },
    silent: [
      {
        when: 'there is no maxmemory',
        series: { [redis('redis_memory_used_bytes')]: '90x60', [redis('redis_memory_max_bytes')]: '0x60' },
      },
    ],
  },
  TabcastRedisEvicts: {
    fires: { when: 'a few are evicted', series: { [redis('redis_evicted_keys_total')]: '0x10 5x50' } },
    silent: [
      {
        when: 'keys expire',
        series: {
          [redis('redis_expired_keys_total')]: '0+10x60',
          [redis('redis_evicted_keys_total')]: '0x60',
        },
      },
    ],
  },
  TabcastRedisRejects: {
    fires: { when: 'maxclients', series: { [redis('redis_rejected_connections_total')]: '0x10 5x50' } },
    silent: [{ when: 'it did so long ago', series: { [redis('redis_rejected_connections_total')]: '5x60' } }],
  },
  TabcastRedisReplicaBehind: {
    fires: {
      when: 'it stays behind',
      series: { [redis('redis_connected_slave_lag_seconds')]: '0x10 30x50' },
    },
    silent: [
      {
        when: 'it copies everything anew',
        series: { [redis('redis_connected_slave_lag_seconds')]: '0x10 30 60 0x50' },
      },
    ],
  },
};
