/**
 * Publishes, unless the same idempotency key has published before. One script, so one atomic act.
 *
 *     KEYS[1]  where the result is stored, see Names.idempotency
 *     ARGV[1]  redis channel
 *     ARGV[2]  bytes
 *     ARGV[3]  digest of the bytes
 *     ARGV[4]  how long the result is remembered, in ms
 *     returns  how many subscribers received it (or did so the first time); -1 when the key was used for other bytes
 *
 * The result is written before the publication: a full Redis refuses the first write of a script and none after it, so
 * nothing goes out that would not be remembered (Redis 7.0, src/script.c, scriptVerifyOOM). The second write only adds
 * the count. PUBLISH may be refused as well, where permissions have changed; then the key is free again.
 */
export const publishOnce = `
local stored = redis.call('GET', KEYS[1])
if stored then
  local digest, receivers = string.match(stored, '^(%S+) (%d+)$')
  if digest ~= ARGV[3] then return -1 end
  return tonumber(receivers)
end
redis.call('SET', KEYS[1], ARGV[3] .. ' 0', 'PX', ARGV[4])
local receivers = redis.pcall('PUBLISH', ARGV[1], ARGV[2])
if type(receivers) == 'table' then
  redis.call('DEL', KEYS[1])
  return receivers
end
redis.call('SET', KEYS[1], ARGV[3] .. ' ' .. receivers, 'PX', ARGV[4])
return receivers
`;

/** The script's answer when the key was used for other bytes. */
export const conflict = -1;
