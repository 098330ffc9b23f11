import { recall } from './script.js';

/**
 * The scripts of history. Of each channel Redis keeps
 *
 *     the head      `<fence> <epoch> <offset>`: where the channel stands
 *     its history   a list of what was published, as it was: see payload.ts. The head outlives it.
 *
 * and all of it counts only under the fence of the Redis process that wrote it.
 */

/**
 * The fence: a name for the life of the data of this Redis. It changes when the process does, and when a replica is
 * promoted: whatever was written since the last copy may be missing then, and offsets would be given away twice.
 *
 * The id of replication would say that too, but also changes when the first replica is connected, where nothing is lost.
 * Redis keeps where the id before it ended; that is -1 until the first promotion. Redis 7.0, src/replication.c.
 */
const readFenceFunction = `
local function readFence()
  local process = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local promoted = string.match(redis.call('INFO', 'replication'), 'second_repl_offset:(%-?%d+)')
  return string.sub(process, 1, 12) .. ':' .. promoted
end
`;

/**
 *     returns  the fence
 */
export const readFence = `
${readFenceFunction}
return readFence()
`;

/**
 * Where a channel stands; begins it anew where nobody can vouch for that any more.
 *
 *     KEYS[1]  head
 *     KEYS[2]  history
 *     ARGV[1]  fence, as far as the gateway knows; empty where it does not
 *     ARGV[2]  how long the head is kept, in ms
 *
 * The fence in ARGV spares reading it each time. Where it differs from that of the head, Redis has the last word:
 * gateways that know different ones would begin the channel anew in turns.
 *
 * A new epoch is the time in microseconds, so that it is new also when nothing is left of the one before. The head is written
 * first, see publishKept.
 */
const stand = `
${readFenceFunction}
local function stand()
  local head = redis.call('GET', KEYS[1])
  local fence, epoch, offset = string.match(head or '', '^(%S+) (%d+) (%d+)$')
  if fence == ARGV[1] then return fence, epoch, offset end
  local real = (fence or ARGV[1] == '') and readFence() or ARGV[1]
  if fence == real then return fence, epoch, offset end
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  epoch = string.format('%.0f', math.max(now, (epoch or 0) + 1))
  redis.call('SET', KEYS[1], real .. ' ' .. epoch .. ' 0', 'PX', ARGV[2])
  redis.call('DEL', KEYS[2])
  return real, epoch, 0
end
`;

/**
 * Keeps and publishes, as one act; under an idempotency key only once.
 *
 *     KEYS[1], KEYS[2], ARGV[1], ARGV[2]  see stand
 *     KEYS[3]  where the result is stored, see Names.idempotency; without an idempotency key there is none
 *     ARGV[3]  redis channel
 *     ARGV[4]  bytes
 *     ARGV[5]  how many publications to keep
 *     ARGV[6]  how long the history is kept, in ms
 *     ARGV[7]  digest of the bytes
 *     ARGV[8]  how long the result is remembered, in ms
 *     returns  as publishOnce
 *
 * A full Redis refuses the first write of a script and none after it, and of writes only those that need memory: so the
 * first is an RPUSH, or a SET where the channel begins anew, and what is refused has left no trace (Redis 7.0, src/script.c,
 * scriptVerifyOOM). PUBLISH comes last. Where permissions forbid it the offset is used up already, and the channel has to
 * begin anew.
 */
export const publishKept = `
${recall}
${stand}
if KEYS[3] then
  local answer = recall(KEYS[3], ARGV[7])
  if answer then return answer end
end
local fence, epoch, offset = stand()
offset = string.format('%.0f', offset + 1)
local position = epoch .. '-' .. offset
local payload = position .. ' ' .. ARGV[4]
if redis.call('RPUSH', KEYS[2], payload) > tonumber(ARGV[5]) then
  redis.call('LTRIM', KEYS[2], -ARGV[5], -1)
end
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('SET', KEYS[1], fence .. ' ' .. epoch .. ' ' .. offset, 'PX', ARGV[2])
local receivers = redis.pcall('PUBLISH', ARGV[3], payload)
if type(receivers) == 'table' then
  redis.call('DEL', KEYS[1], KEYS[2])
  return receivers
end
if KEYS[3] then
  redis.call('SET', KEYS[3], ARGV[7] .. ' ' .. receivers .. ' ' .. position, 'PX', ARGV[8])
end
return { receivers, position }
`;

/**
 * Reads what a channel has kept. Who asks where a channel stands must get an answer from a full Redis too.
 *
 *     KEYS[1], KEYS[2], ARGV[1], ARGV[2]  see stand
 *     ARGV[3]  epoch of the position after which to read
 *     ARGV[4]  its offset. Where the channel is in another epoch, all is read.
 *     ARGV[5]  most entries to read
 *     returns  { position where the channel stands, entries of its history }
 */
export const readKept = `#!lua flags=allow-oom
${stand}
local _, epoch, offset = stand()
redis.call('PEXPIRE', KEYS[1], ARGV[2], 'GT')
local entries = {}
if tonumber(ARGV[5]) > 0 then
  local after = ARGV[3] == epoch and ARGV[4] or 0
  local first = math.max(0, after - offset + redis.call('LLEN', KEYS[2]))
  entries = redis.call('LRANGE', KEYS[2], first, first + ARGV[5] - 1)
end
return { epoch .. '-' .. offset, entries }
`;
