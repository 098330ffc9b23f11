/**
 * The scripts of the registry. Time is Redis' own, in ms. Those that begin with `allow-oom` write a few bytes that a
 * full Redis must not refuse: who is alive, and who is no longer let in.
 * https://redis.io/docs/latest/develop/programmability/lua-api/#script-flags
 */
const readClock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Writes a lease and reads all of them.
 *
 *     KEYS[1]  leases: hash from gateway to when it last beat, a blank, and its lease
 *     KEYS[2]  revocations, see revoke
 *     ARGV[1]  gateway
 *     ARGV[2]  its lease
 *     ARGV[3]  how long a lease lasts, in ms
 *     ARGV[4]  how long leases are kept for somebody to be told that they ran out, in ms
 *     returns  { age in ms and lease of each gateway alive }, { gateways whose lease ran out }, version of revocations
 *
 * A lease from the future was written before a failover to a Redis with another clock; its gateway will write a new one.
 * What is no lease counts as one that ran out long ago.
 */
export const beat = `#!lua flags=allow-oom
${readClock}
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f ', now) .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local alive, lapsed = {}, {}
local leases = redis.call('HGETALL', KEYS[1])
for i = 1, #leases, 2 do
  local at, lease = string.match(leases[i + 1], '^(%d+) (.*)$')
  local age = now - (at or 0)
  if math.abs(age) < tonumber(ARGV[3]) then
    table.insert(alive, age)
    table.insert(alive, lease)
  else
    redis.call('HDEL', KEYS[1], leases[i])
    table.insert(lapsed, leases[i])
  end
end
return { alive, lapsed, redis.call('ZRANGE', KEYS[2], -1, -1)[1] or '' }
`;

/**
 * Adds a revocation, or prolongs it.
 *
 *     KEYS[1]  revocations: sorted set by when each ends, in ms since the epoch; one more member, whose end is +inf, is
 *              the version of the set. As they are one key, they cannot be lost separately.
 *     ARGV[1]  revocation
 *     ARGV[2]  when it ends, in ms since the epoch
 */
export const revoke = `#!lua flags=allow-oom
${readClock}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZADD', KEYS[1], 'GT', 'CH', ARGV[2], ARGV[1]) == 0 then return end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '+inf', '+inf')
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
redis.call('ZADD', KEYS[1], '+inf', time[1] .. '.' .. time[2])
redis.call('PEXPIREAT', KEYS[1], last)
`;

/**
 * Reads what is kept until later than now, without what is kept for ever.
 *
 *     KEYS[1]  sorted set by when each member ends, in ms since the epoch
 *     returns  each member and when it ends
 */
export const unexpired = `
${readClock}
return redis.call('ZRANGE', KEYS[1], string.format('(%.0f', now), '(+inf', 'BYSCORE', 'WITHSCORES')
`;

/**
 * Remembers for some time that a user belongs to a group.
 *
 *     KEYS[1]  groups of the user: sorted set by when each ends, in ms since the epoch
 *     ARGV[1]  group
 *     ARGV[2]  for how long, in ms
 */
export const putMember = `
${readClock}
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIREAT', KEYS[1], redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
`;

/**
 * Notes that a user is offline, provided that nobody is subscribed to the channel of the user.
 *
 *     KEYS[1]  users noted as online: set
 *     ARGV[1]  user
 *     ARGV[2]  redis channel of the user
 *     returns  1 when that is news, otherwise 0
 */
export const wentOffline = `
if redis.call('PUBSUB', 'NUMSUB', ARGV[2])[2] > 0 then return 0 end
return redis.call('SREM', KEYS[1], ARGV[1])
`;

/**
 * The same for every user of a partition.
 *
 *     KEYS[1]  users noted as online: set
 *     ARGV[1]  what, followed by a user, is the redis channel of the user
 *     returns  the users for whom that is news
 *
 * There is no key that would have to end by itself: a set of which nobody is left is no more.
 */
export const sweepOffline = `
local gone = {}
for _, user in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('PUBSUB', 'NUMSUB', ARGV[1] .. user)[2] == 0 then
    redis.call('SREM', KEYS[1], user)
    table.insert(gone, user)
  end
end
return gone
`;
