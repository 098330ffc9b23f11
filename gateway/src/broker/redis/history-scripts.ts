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
const fenceOfRedis = `
  string.sub(string.match(redis.call('INFO', 'server'), 'run_id:(%x+)'), 1, 12) .. ':' ..
  string.match(redis.call('INFO', 'replication'), 'second_repl_offset:(%-?%d+)')`;

/**
 *     returns  the fence
 */
export const readFence = `return ${fenceOfRedis}`;

/**
 * Raises the offset of a channel by `step`: 1 for a publication, 0 to see where it stands. Begins the channel anew where nobody
 * can vouch for that any more. Leaves `head`, `fence`, `epoch` and `offset`.
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
 *
 * Redis may refuse any command, where permissions have changed. What was raised is taken back then: left as it is, the next
 * publication would find a fence that counts, and go out at a position that was given before.
 */
function raise(step: 0 | 1): string {
  return `
local head, fence = KEYS[1], ARGV[1]
if fence == '' then fence = ${fenceOfRedis} end
local offset = redis.call('HINCRBY', head, fence, ${step})
local epoch = offset ~= ${step} and redis.call('HGET', head, 'epoch')
if not epoch then
  local raised = fence
  local function settle()
    local count = redis.call('HLEN', head)
    epoch = redis.call('HGET', head, 'epoch')
    local before = tonumber(epoch)
    if count == 2 and before then return end
    local real = count == 3 and ${fenceOfRedis} or fence
    local isForeign = real ~= fence
    fence = real
    if isForeign and before and redis.call('HGET', head, real) then
      redis.call('HDEL', head, raised)
      raised = nil
      offset = redis.call('HINCRBY', head, real, ${step})
      return
    end
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    epoch = string.format('%.0f', math.max(now, (before or 0) + 1))
    redis.call('DEL', head, KEYS[2])
    raised = nil
    redis.call('HSET', head, real, ${step}, 'epoch', epoch)
    redis.call('PEXPIRE', head, ARGV[2])
    offset = ${step}
  end
  local done, wrong = pcall(settle)
  if not done then
    if raised then
      redis.pcall('HINCRBY', head, raised, ${-step})
      redis.pcall('PEXPIRE', head, ARGV[2], 'NX')
    else
      redis.pcall('DEL', head)
    end
    return type(wrong) == 'table' and wrong or redis.error_reply(wrong)
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
 * A repetition is published anew where the epoch of the first one is over: what that one kept is in no history any more, and
 * whether it has reached anybody is not known. Looking at that writes nothing, so that a full Redis answers repetitions too.
 *
 * A full Redis refuses the first write of a script and none after it, and of writes only those that need memory: so the
 * first is an HINCRBY, and what is refused has left no trace (Redis 7.0, src/script.c, scriptVerifyOOM). Where permissions forbid
 * what comes after it, or somebody else has written the history, what was done is undone. Nothing undoes a PUBLISH. It comes last,
 * but for the result, which has to know who received it: whether that may be stored is asked before.
 */
export const publishKept = `
if KEYS[3] then
  ${recall}
  local answer = recall(KEYS[3], ARGV[7])
  local life = answer and string.match(answer[2], '^%d+')
  local isOver = life and (redis.call('HGET', KEYS[1], 'epoch') ~= life or not redis.call('HGET', KEYS[1], ${fenceOfRedis}))
  if answer and not isOver then return answer end
end
${raise(1)}
local position = epoch .. '-' .. offset
local payload = position .. ' ' .. ARGV[4]
local length = redis.pcall('RPUSH', KEYS[2], payload)
if type(length) == 'table' then
  redis.call('HINCRBY', head, fence, -1)
  return length
end
local answer = redis.pcall('PEXPIRE', KEYS[2], ARGV[6])
if answer == 1 and (length == 1 or offset % ${headRenewal} == 0) then
  answer = redis.pcall('PEXPIRE', head, ARGV[2])
end
if answer == 1 and length > ARGV[5] * 1.125 then
  answer = redis.pcall('LTRIM', KEYS[2], -ARGV[5], -1)
  if answer.ok then answer = 1 end
end
if answer == 1 and KEYS[3] and not redis.acl_check_cmd('SET', KEYS[3], '', 'PX', ARGV[8]) then
  answer = redis.error_reply('NOPERM the result cannot be stored')
end
if answer == 1 then answer = redis.pcall('PUBLISH', ARGV[3], payload) end
if type(answer) == 'table' then
  if redis.pcall('LTRIM', KEYS[2], 0, -2).ok then
    redis.call('HINCRBY', head, fence, -1)
  else
    redis.pcall('DEL', head, KEYS[2])
  end
  return answer
end
if KEYS[3] then
  redis.call('SET', KEYS[3], ARGV[7] .. ' ' .. answer .. ' ' .. position, 'PX', ARGV[8])
end
return { answer, position }
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
