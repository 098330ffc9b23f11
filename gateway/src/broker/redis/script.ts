/**
 * What was answered to the first publication under an idempotency key. Stored are the digest of its bytes, how many
 * received it, and its position if it has one.
 */
export const recall = `
local function recall(key, digest)
  local stored = redis.call('GET', key)
  if not stored then return nil end
  local before, receivers, position = string.match(stored, '^(%S+) (%d+) ?(%S*)$')
  if before ~= digest then return { -1, '' } end
  return { tonumber(receivers), position }
end
`;

/**
 * Publishes, unless the same idempotency key has published before. One script, so one atomic act.
 *
 *     KEYS[1]  where the result is stored, see Names.idempotency
 *     ARGV[1]  redis channel
 *     ARGV[2]  bytes
 *     ARGV[3]  digest of the bytes
 *     ARGV[4]  how long the result is remembered, in ms
 *     returns  { how many subscribers received it, position }, both of the first time if there was one; the position is empty
 *              for what is not kept; { -1, '' } when the key was used for other bytes
 *
 * The result is written before the publication: a full Redis refuses the first write of a script and none after it, so
 * nothing goes out that would not be remembered (Redis 7.0, src/script.c, scriptVerifyOOM). The second write only adds
 * the count. PUBLISH may be refused as well, where permissions have changed; then the key is free again.
 */
export const publishOnce = `
${recall}
local answer = recall(KEYS[1], ARGV[3])
if answer then return answer end
redis.call('SET', KEYS[1], ARGV[3] .. ' 0', 'PX', ARGV[4])
local receivers = redis.pcall('PUBLISH', ARGV[1], ARGV[2])
if type(receivers) == 'table' then
  redis.call('DEL', KEYS[1])
  return receivers
end
redis.call('SET', KEYS[1], ARGV[3] .. ' ' .. receivers, 'PX', ARGV[4])
return { receivers, '' }
`;

/** In place of the receivers when the key was used for other bytes. */
export const conflict = -1;
