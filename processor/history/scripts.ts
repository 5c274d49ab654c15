import { ABSENT, DECLINED, EPOCH, EXTENDED, FAR_TIME, HEAD_BYTES, MARK, MARK_BYTES, OTHER_CURRENCY } from './record';

/**
 * Scripts of the histories. Each is one atomic step, and a round trip whatever the number of keys. The first two take the
 * marker's key and the marker that the worker believes in first; where it says otherwise they do nothing but return it.
 */

const GUARD = `
local marker = redis.call('GET', KEYS[1])
if marker ~= ARGV[1] then return marker end
local results = {}`;

/** Reads a record's event time, and where the next begins; `timeOf` the first alone, which is half the work where there is no extension. */
const RECORD = `
local byte = string.byte
local function near(history, at)
  local flags, a, b, c, d = byte(history, at, at + 4)
  local time = ${EPOCH} + (flags - flags % ${2 * EXTENDED}) * ${2 ** 32 / (2 * EXTENDED)} + d * 16777216 + c * 65536 + b * 256 + a
  return time, flags % ${2 * EXTENDED} > ${DECLINED}
end
local function record(history, at)
  local time, extended = near(history, at)
  local last = at + ${HEAD_BYTES}
  while byte(history, last) > 127 do last = last + 1 end
  local own = 6
  if extended then
    last = last + 1
    local extension = byte(history, last)
    if extension % ${2 * OTHER_CURRENCY} > 0 then last = last + 2 end
    if extension % ${2 * FAR_TIME} >= ${FAR_TIME} then
      local low, high = byte(history, last + 1, last + 2)
      time = time - ${EPOCH} + (high * 256 + low) * 4294967296
      last = last + 2
    end
    own = own - 3 * math.floor(extension / ${ABSENT})
  end
  return time, last + own + 1
end
local function timeOf(history, at)
  local time, extended = near(history, at)
  return extended and record(history, at) or time
end`;

/**
 * Takes records that happened before a time from the beginning of a history, and notes in its mark how many there were and when
 * the last of them happened. It never takes all: one misdated record behind them is no reason.
 */
const TRIM = `
local function trimmed(history, stale)
  local marked = byte(history) == ${MARK}
  local at, count, through = marked and ${MARK_BYTES + 1} or 1, 0, 0
  if timeOf(history, at) > stale then return history end
  while at <= #history do
    local time, next = record(history, at)
    if time > stale then
      if marked then
        local _, before, high, low = struct.unpack('<BI4HI4', history)
        count, through = count + before, math.max(through, high * 4294967296 + low)
      end
      return struct.pack('<BI4HI4', ${MARK}, count, math.floor(through / 4294967296), through % 4294967296)
        .. string.sub(history, at)
    end
    at, count, through = next, count + 1, math.max(through, time + 1)
  end
  return history
end`;

/** Keys whose values are asked for at once: Lua's stack has room for 8,000, and the reply to so few stays in the processor's cache. */
const PORTION = 100;

/**
 * Appends to each key what stands at its place in ARGV, if anything, and reads them all. Dropped is what did not happen after
 * the fourth argument, milliseconds since 1970, and, where the third is given, happened longer before what is appended than it
 * says, milliseconds. SET leaves no spare room behind a value, as APPEND does, which would take half as much memory again.
 */
export const APPEND_AND_READ = `${RECORD}${TRIM}${GUARD}
local expiry, keep, through = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
for first = 2, #KEYS, ${PORTION} do
  local last = math.min(first + ${PORTION - 1}, #KEYS)
  for i, history in ipairs(redis.call('MGET', unpack(KEYS, first, last))) do
    local n = first + i - 1
    local records = ARGV[n + 3]
    if records ~= '' then
      local stale = keep and math.min(timeOf(records, 1) - keep, through) or through
      history = history and trimmed(history, stale) .. records or records
      redis.call('SET', KEYS[n], history, 'EX', expiry)
    end
    results[n - 1] = history
  end
end
return results`;

/**
 * Two arguments a key: puts the second in place of the first where the history still begins with that; an empty one stands for
 * no history. What was appended since stays. Returns 1 for each that was replaced.
 */
export const REPLACE = `${GUARD}
for i = 2, #KEYS do
  local key, from, to = KEYS[i], ARGV[2 * i - 1], ARGV[2 * i]
  results[i - 1] = 0
  if redis.call('GETRANGE', key, 0, #from - 1) == from then
    redis.call('SET', key, to .. redis.call('GETRANGE', key, #from, -1), 'EX', ARGV[2])
    results[i - 1] = 1
  end
end
return results`;

/** Replaces the marker where it is the first argument, empty for none, by the second. */
export const ADVANCE = `
if (redis.call('GET', KEYS[1]) or '') == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end`;
