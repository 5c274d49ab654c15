/**
 * Scripts of the histories. Each is one atomic step, and a round trip whatever the number of keys. The first two take the
 * marker's key and the marker that the worker believes in first; where it says otherwise they do nothing but return it.
 */

const GUARD = `
local marker = redis.call('GET', KEYS[1])
if marker ~= ARGV[1] then return marker end
local results = {}`;

/**
 * Appends to each key what stands at its place in ARGV, if anything, and reads them all. SET leaves no spare room behind a
 * value, as APPEND does, which would take half as much memory again.
 */
export const APPEND_AND_READ = `${GUARD}
for i = 2, #KEYS do
  local key, records = KEYS[i], ARGV[i + 1]
  local history = redis.call('GET', key)
  if records ~= '' then
    history = (history or '') .. records
    redis.call('SET', key, history, 'EX', ARGV[2])
  end
  results[i - 1] = history
end
return results`;

/**
 * Three arguments a key: puts the third in place of as many bytes as the first says where the history still begins with the
 * second, which every such change changes; an empty one stands for no history. What was appended since stays. Returns 1 for
 * each that was changed.
 */
export const REPLACE = `${GUARD}
for i = 2, #KEYS do
  local key, bytes, front, packed = KEYS[i], ARGV[3 * i - 3], ARGV[3 * i - 2], ARGV[3 * i - 1]
  results[i - 1] = 0
  if redis.call('GETRANGE', key, 0, #front - 1) == front then
    redis.call('SET', key, packed .. redis.call('GETRANGE', key, tonumber(bytes), -1), 'EX', ARGV[2])
    results[i - 1] = 1
  end
end
return results`;

/** Replaces the marker where it is the first argument, empty for none, by the second. */
export const ADVANCE = `
if (redis.call('GET', KEYS[1]) or '') == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end`;
