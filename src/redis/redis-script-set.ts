import { createHash } from 'node:crypto';
import type { RedisArgument, RedisConnection } from './redis-connection.ts';

/** Lua scripts that Redis knows by their digests. */
export interface RedisScriptSet<Name extends string> {
  /** Makes Redis know them; a Redis that was restarted must be told again. Rejects with a STORE_ code. */
  load(connection: RedisConnection): Promise<void>;
  /** The arguments of EVALSHA for one of them. */
  call(script: Name, keys: readonly string[], args: readonly RedisArgument[]): RedisArgument[];
}

/** A set of scripts. @param scripts Lua, by name */
export function redisScriptSet<Name extends string>(
  scripts: Readonly<Record<Name, string>>,
): RedisScriptSet<Name> {
  const sources = Object.entries<string>(scripts);
  const digests = Object.fromEntries(
    sources.map(([name, lua]) => [name, createHash('sha1').update(lua).digest('hex')]),
  ) as Record<Name, string>;
  return {
    async load(connection) {
      await Promise.all(sources.map(([, lua]) => connection.send('the scripts', 'SCRIPT', 'LOAD', lua)));
    },
    call: (script, keys, args) => [digests[script], keys.length, ...keys, ...args],
  };
}
