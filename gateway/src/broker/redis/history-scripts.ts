import { recall } from './script.js';

/**
 * The scripts of history. Of each channel Redis keeps
 *
 *     the head      a hash: its `epoch`, and under the fence the offset of the last publication
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
 * Raises the offset of a channel by `step`: 1 for a publication, 0 to see where it stands. Begins the channel anew where nobody
 * can vouch for that any more. Leaves `epoch` and `offset`.
 *
 *     KEYS[1]  head
 *     KEYS[2]  history
 *     ARGV[1]  fence, as far as the gateway knows; empty where it does not
 *     ARGV[2]  how long the head is kept, in ms
 *
 * The fence in ARGV spares reading it each time. Where the head has another one, Redis has the last word: gateways that know
 * different ones would begin the channel anew in turns.
 *
 * A head without an epoch is none of ours, and begins anew like any other of no use.
 *
 * A new epoch is the time in microseconds, so that it is new also when nothing is left of the one before. What nearly every
 * publication needs comes first, and the functions of the rest are not even made: this is where Redis spends its time.
 */
function raise(step: 0 | 1): string {
  return `
local head, fence = KEYS[1], ARGV[1]
local offset = fence == '' and ${step} or redis.call('HINCRBY', head, fence, ${step})
local epoch = offset ~= ${step} and redis.call('HGET', head, 'epoch')
if not epoch then
  ${readFenceFunction}
  local function fields() return redis.call('HLEN', head) end
  local count = fence == '' and 3 or fields()
  if count == 3 then
    local real = readFence()
    if real ~= fence then
      redis.call('HINCRBY', head, real, ${step})
      if fence ~= '' then redis.call('HDEL', head, fence) end
      fence, count = real, fields()
      offset = tonumber(redis.call('HGET', head, fence))
    end
  end
  epoch = redis.call('HGET', head, 'epoch')
  local before = tonumber(epoch)
  if count ~= 2 or not before then
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    epoch = string.format('%.0f', math.max(now, (before or 0) + 1))
    redis.call('DEL', head, KEYS[2])
    redis.call('HSET', head, fence, ${step}, 'epoch', epoch)
    redis.call('PEXPIRE', head, ARGV[2])
    offset = ${step}
  end
end
`;
}

/** In how many publications the life of a head is renewed once: that it is old enough need not be seen to each time. */
export const headRenewal = 8;

/**
 * Keeps and publishes, as one act; under an idempotency key only once.
 *
 *     KEYS[1], KEYS[2], ARGV[1], ARGV[2]  see raise
 *     KEYS[3]  where the result is stored, see Names.idempotency; without an idempotency key there is none
 *     ARGV[3]  redis channel
 *     ARGV[4]  bytes
 *     ARGV[5]  how many publications to keep; it may be up to an eighth more, so that not each one pays for the trimming
 *     ARGV[6]  how long the history is kept, in ms
 *     ARGV[7]  digest of the bytes
 *     ARGV[8]  how long the result is remembered, in ms
 *     returns  as publishOnce
 *
 * A full Redis refuses the first write of a script and none after it, and of writes only those that need memory: so the
 * first is an HINCRBY, and what is refused has left no trace (Redis 7.0, src/script.c, scriptVerifyOOM). PUBLISH comes last.
 * Where permissions forbid it the offset is used up already, and the channel has to begin anew.
 */
export const publishKept = `
if KEYS[3] then
  ${recall}
  local answer = recall(KEYS[3], ARGV[7])
  if answer then return answer end
end
${raise(1)}
local position = epoch .. '-' .. offset
local payload = position .. ' ' .. ARGV[4]
local length = redis.call('RPUSH', KEYS[2], payload)
if length > ARGV[5] * 1.125 then redis.call('LTRIM', KEYS[2], -ARGV[5], -1) end
redis.call('PEXPIRE', KEYS[2], ARGV[6])
if length == 1 or offset % ${headRenewal} == 0 then redis.call('PEXPIRE', head, ARGV[2]) end
local receivers = redis.pcall('PUBLISH', ARGV[3], payload)
if type(receivers) == 'table' then
  redis.call('DEL', head, KEYS[2])
  return receivers
end
if KEYS[3] then
  redis.call('SET', KEYS[3], ARGV[7] .. ' ' .. receivers .. ' ' .. position, 'PX', ARGV[8])
end
return { receivers, position }
`;

/** In place of the receivers where one publication of a batch has failed. */
export const failed = -2;

/** What went wrong, as text, after a `pcall` that has left `done` and `answer`; nil where nothing did. */
const wrongOf = `
  local wrong = not done and answer or answer.err and answer
  if type(wrong) == 'table' then wrong = wrong.err end
`;

/** How many keys and words each publication of a batch has. */
const [keysEach, wordsEach] = [3, 7];

/**
 * publishKept for several publications, one after the other.
 *
 *     KEYS     of each publication KEYS[1] to KEYS[3] there; without an idempotency key any third one, which is not touched
 *     ARGV[1]  see raise
 *     ARGV[2…] of each publication what is ARGV[2] to ARGV[8] there; without an idempotency key the digest is empty
 *     returns  of each publication what publishKept returns, or { -2, what went wrong }: that keeps none of the others from
 *              going out
 */
export const publishKeptBatch = `
local function publish(KEYS, ARGV)
${publishKept}
end
local answers = {}
for i = 1, #KEYS / ${keysEach} do
  local head, kept, once = unpack(KEYS, (i - 1) * ${keysEach} + 1, i * ${keysEach})
  local words = { ARGV[1], unpack(ARGV, (i - 1) * ${wordsEach} + 2, i * ${wordsEach} + 1) }
  if words[${wordsEach}] == '' then once = nil end
  local done, answer = pcall(publish, { head, kept, once }, words)
  ${wrongOf}
  answers[i] = wrong and { ${failed}, wrong } or answer
end
return answers
`;

/** See raise; the head of a channel that is asked for lives on. */
const stand = `
${raise(0)}
redis.call('PEXPIRE', head, ARGV[2], 'GT')
`;

/**
 * Reads what a channel has kept. Who asks where a channel stands must get an answer from a full Redis too.
 *
 *     KEYS[1], KEYS[2], ARGV[1], ARGV[2]  see raise
 *     ARGV[3]  epoch of the position after which to read
 *     ARGV[4]  its offset. Where the channel is in another epoch, all is read.
 *     ARGV[5]  most entries to read
 *     returns  { position where the channel stands, entries of its history }
 */
export const readKept = `#!lua flags=allow-oom
${stand}
local entries = {}
if tonumber(ARGV[5]) > 0 then
  local after = ARGV[3] == epoch and ARGV[4] or 0
  local first = math.max(0, after - offset + redis.call('LLEN', KEYS[2]))
  entries = redis.call('LRANGE', KEYS[2], first, first + ARGV[5] - 1)
end
return { epoch .. '-' .. offset, entries }
`;

/**
 * Tells where several channels stand.
 *
 *     KEYS     of each channel KEYS[1] and KEYS[2] of readKept
 *     ARGV     of all of them ARGV[1] and ARGV[2] there
 *     returns  of each channel { its position }, or { '', what went wrong }: that keeps none of the others from being told
 */
export const standings = `#!lua flags=allow-oom
local function read(KEYS)
${stand}
return { epoch .. '-' .. offset }
end
local answers = {}
for i = 1, #KEYS, 2 do
  local done, answer = pcall(read, { KEYS[i], KEYS[i + 1] })
  ${wrongOf}
  table.insert(answers, wrong and { '', wrong } or answer)
end
return answers
`;
