import { HlsStreamError } from '../../errors.ts';
import type { RedisConnection } from '../../redis/redis-connection.ts';
import { REDIS_SCHEMA, storeScripts } from './scripts.ts';

/** How long what a probe wrote stays, in milliseconds. */
const PROBE_EXPIRY = 10_000;

/**
 * Prepares a new connection for a store: Redis knows the scripts, and a server that may have lost something begins a
 * generation of its own. Writes, so that a server that may not is found out.
 * @throws HlsStreamError STORE_NEWER for keys of a newer version
 */
export async function begin(connection: RedisConnection, prefix: string): Promise<void> {
  const name = 'the first command';
  const info = String(await connection.send(name, 'INFO', 'server'));
  await storeScripts.load(connection);
  const keys = ['run', 'generation', 'schema'].map((kind) => `${prefix}:${kind}`);
  const run = /^run_id:(\w+)/m.exec(info)?.[1] ?? '';
  const send: RedisConnection['call'] = (...call) => connection.send(...call);
  const reply = await storeScripts.run(send, name, 'begin', keys, [run, REDIS_SCHEMA]);
  if (reply === 1) return;
  throw new HlsStreamError(
    'STORE_NEWER',
    `the keys under --store-prefix ${prefix} are of version ${reply}, and this hlsstream knows ${REDIS_SCHEMA}: use the version that wrote them, a newer one, or another prefix`,
  );
}

/** Rejects with why Redis takes nothing, where it does not. */
export async function probe(connection: RedisConnection, prefix: string): Promise<void> {
  await connection.send('writing', 'SET', `${prefix}:probe`, '', 'PX', PROBE_EXPIRY);
}
