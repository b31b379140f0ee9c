import { createHash } from 'node:crypto';
import { HlsStreamError } from '../errors.ts';
import type { RedisArgument, RedisConnection } from './redis-connection.ts';

/** Lua scripts that Redis knows by their digests. */
export interface RedisScriptSet<Name extends string> {
  /** Makes Redis know them; a Redis that was restarted must be told again. Rejects with a STORE_ code. */
  load(connection: RedisConnection): Promise<void>;
  /**
   * Runs one of them, by its digest, or in full where Redis has forgotten it. Rejects with a STORE_ code.
   * @param call sends one command
   * @param name what is done by it, for messages
   */
  run(
    call: RedisConnection['call'],
    name: string,
    script: Name,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<unknown>;
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
    async run(call, name, script, keys, args) {
      try {
        return await call(name, 'EVALSHA', digests[script], keys.length, ...keys, ...args);
      } catch (error) {
        // Nothing of it was run.
        if (!(error instanceof HlsStreamError) || !/\bNOSCRIPT\b/.test(error.message)) throw error;
        return await call(name, 'EVAL', scripts[script], keys.length, ...keys, ...args);
      }
    },
  };
}
