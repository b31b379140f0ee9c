import { redisScriptSet } from '../redis/redis-script-set.ts';

/**
 * What must happen in one step in Redis. An object's bytes lie in a string of their own, or, when a larger one
 * holds the same bytes, its place there: a hash of `in` (the other's key), `from` and `to` (of its bytes).
 */

/** KEYS bytes, place; gives the object's bytes, or nothing. */
const read = `
local bytes = redis.call('GET', KEYS[1])
if bytes then return bytes end
local place = redis.call('HMGET', KEYS[2], 'in', 'from', 'to')
if not place[1] then return false end
local part = redis.call('GETRANGE', place[1], place[2], place[3])
if #part == 0 then return false end
return part`;

/**
 * KEYS whole, then bytes and place of each object it is made of; ARGV its length, expiry in milliseconds. Gives 1,
 * or 0 with nothing changed where the objects are not all there or do not make up the length.
 */
const join = `
local parts, length = {}, 0
for index = 2, #KEYS, 2 do
  local part = redis.call('GET', KEYS[index])
  if not part then return 0 end
  parts[#parts + 1] = part
  length = length + #part
end
if length ~= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], table.concat(parts), 'PX', ARGV[2])
local from = 0
for index, part in ipairs(parts) do
  local bytes, place = KEYS[index * 2], KEYS[index * 2 + 1]
  redis.call('DEL', bytes)
  redis.call('HSET', place, 'in', KEYS[1], 'from', from, 'to', from + #part - 1)
  redis.call('PEXPIRE', place, ARGV[2])
  from = from + #part
end
return 1`;

/** The scripts of the storage. */
export const storageScripts = redisScriptSet({ read, join });
