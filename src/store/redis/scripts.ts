import { redisScriptSet } from '../../redis/redis-script-set.ts';

/** How many ids of entries that are gone a log remembers, as the Map engine does. */
const REMEMBERED_IDS = 10_000;

/** How the keys of this version lie; those of a newer one are left alone. */
export const REDIS_SCHEMA = 1;

/**
 * What must happen in one step in Redis. A cursor is the ID of an entry in its Redis Stream,
 * `<generation>-<n>`: generations are milliseconds of Redis's clock and only grow, n counts from 0 within
 * one. So comparing and trimming are Redis's own, and no ID is ever given twice, though data were lost.
 */

const nextGeneration = `
local function nextGeneration(key)
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local before = tonumber(redis.call('GET', key) or '0')
  local text = string.format('%.0f', math.max(now, before + 1))
  redis.call('SET', key, text)
  return text
end
`;

/**
 * Whether a write carries a fence that is out of date. The guest is the fence of a key in another slot: here is only known
 * which of its tokens, which grow, was used last.
 */
const isFenced = `
local function isFenced(key, token, guest)
  if token == '' then return false end
  local found = redis.call('GET', key)
  if guest ~= '1' then return found ~= token end
  if found and tonumber(found) > tonumber(token) then return true end
  redis.call('SET', key, token)
  return false
end
`;

/**
 * KEYS run, generation, schema; ARGV Redis's own run id, the schema known here. Each life of the server begins a
 * generation of its own. Gives 1, or, with nothing changed, the newer schema that was found.
 */
const begin = `${nextGeneration}
local schema = redis.call('GET', KEYS[3])
if schema and tonumber(schema) > tonumber(ARGV[2]) then return schema end
if schema ~= ARGV[2] then redis.call('SET', KEYS[3], ARGV[2]) end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  nextGeneration(KEYS[2])
  redis.call('SET', KEYS[1], ARGV[1])
end
return 1`;

/** KEYS key, fence, token; ARGV before? before after? after token?; gives [1, token] or [0, found]. */
const swap = `
local found = redis.call('GET', KEYS[1])
if (found or '') ~= ARGV[2] or (found and '1' or '0') ~= ARGV[1] then return {0, found} end
if ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[4]) else redis.call('DEL', KEYS[1]) end
if ARGV[5] == '0' then return {1, false} end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local last = tonumber(redis.call('GET', KEYS[3]) or '0')
local token = string.format('%.0f', math.max(now, last + 1))
redis.call('SET', KEYS[3], token)
redis.call('SET', KEYS[2], token)
return {1, token}`;

/** KEYS log, place, ids, order, generation, fence; ARGV value, id, token, guest?; gives the cursor, or nothing: fenced. */
const append = `${nextGeneration}${isFenced}
if isFenced(KEYS[6], ARGV[3], ARGV[4]) then return false end
if ARGV[2] ~= '' then
  local known = redis.call('HGET', KEYS[3], ARGV[2])
  if known then return known end
end
local generation = redis.call('GET', KEYS[5]) or nextGeneration(KEYS[5])
local n = 0
local last = redis.call('HGET', KEYS[2], 'last')
if last then
  local before, count = string.match(last, '^(%d+)-(%d+)$')
  if before == generation then n = tonumber(count) + 1 end
end
local cursor = generation .. '-' .. string.format('%.0f', n)
redis.call('XADD', KEYS[1], cursor, 'v', ARGV[1])
redis.call('HSET', KEYS[2], 'last', cursor)
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[2], cursor)
  redis.call('RPUSH', KEYS[4], ARGV[2])
  while redis.call('LLEN', KEYS[4]) > redis.call('XLEN', KEYS[1]) + ${REMEMBERED_IDS} do
    redis.call('HDEL', KEYS[3], redis.call('LPOP', KEYS[4]))
  end
end
return cursor`;

/** KEYS log, place; ARGV after, limit, latest?; gives entries, or nothing: one cannot go on after that cursor. */
const read = `
local from = '-'
if ARGV[1] ~= '' then
  if redis.call('HGET', KEYS[2], 'gone') ~= ARGV[1] and #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then
    return false
  end
  from = '(' .. ARGV[1]
end
if ARGV[3] == '1' then return redis.call('XREVRANGE', KEYS[1], '+', from, 'COUNT', ARGV[2]) end
return redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', ARGV[2])`;

/** KEYS log, place, fence; ARGV before, token, guest?; gives how many went, -1: fenced, -2: no such place. */
const trim = `${isFenced}
if isFenced(KEYS[3], ARGV[2], ARGV[3]) then return -1 end
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then
  local gone = redis.call('HGET', KEYS[2], 'gone')
  if not gone then return -2 end
  local gg, gn = string.match(gone, '^(%d+)-(%d+)$')
  local bg, bn = string.match(ARGV[1], '^(%d+)-(%d+)$')
  gg, gn, bg, bn = tonumber(gg), tonumber(gn), tonumber(bg), tonumber(bn)
  if bg < gg or (bg == gg and bn <= gn) then return 0 end
  return -2
end
local before = redis.call('XREVRANGE', KEYS[1], '(' .. ARGV[1], '-', 'COUNT', 1)
if #before == 0 then return 0 end
redis.call('HSET', KEYS[2], 'gone', before[1][1])
return redis.call('XTRIM', KEYS[1], 'MINID', '=', ARGV[1])`;

/** KEYS log, place, ids, order, fence; ARGV token, guest?; gives how many keys went, -1: fenced. */
const drop = `${isFenced}
if isFenced(KEYS[5], ARGV[1], ARGV[2]) then return -1 end
return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])`;

/** The scripts of the store. */
export const storeScripts = redisScriptSet({ begin, swap, append, read, trim, drop });
