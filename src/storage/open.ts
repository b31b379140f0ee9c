import { HlsStreamError } from '../errors.ts';
import { diskEngine } from './disk.ts';
import type { StorageEngine, StorageSettings, StorageUse } from './engine.ts';
import { redisEngine } from './redis-engine.ts';
import type { OpenStorage } from './storage.ts';

/** The engines that there are, the default first. */
export const storageEngines: readonly [StorageEngine, ...StorageEngine[]] = [diskEngine, redisEngine];

/** The engine of this name. @throws HlsStreamError USAGE where there is none */
export function storageEngine(name: string): StorageEngine {
  const engine = storageEngines.find((one) => one.name === name);
  if (engine !== undefined) return engine;
  const known = storageEngines.map((one) => one.name).join(', ');
  throw new HlsStreamError('USAGE', `--media ${name}: there is no such place; it takes ${known}`);
}

/** Opens the media storage a process is to use; rejects as {@link StorageEngine.open} does. */
export async function openStorage(
  { media, ...settings }: StorageSettings & { readonly media: string },
  use: StorageUse,
): Promise<OpenStorage> {
  return storageEngine(media).open(settings, use);
}
