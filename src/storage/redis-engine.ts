import { HlsStreamError } from '../errors.ts';
import { lookAtRedis } from '../redis/look.ts';
import { isClusterUrl, isRedisUrl } from '../redis/redis-url.ts';
import type { StorageEngine, StorageSettings } from './engine.ts';
import { RedisStorage } from './redis.ts';
import { ClusterStorage } from './redis-cluster.ts';

/** Media in a Redis, that of the store or another. */
export const redisEngine: StorageEngine = {
  name: 'redis',
  inDataDir: false,
  place: 'needs no shared folder',
  url: "the Redis that holds it, by default the store's",
  check(settings) {
    if (isRedisUrl(urlOf(settings))) return;
    const message =
      '--media redis needs a Redis; name it with --media-url redis://host:6379, or make it the store with --store';
    throw new HlsStreamError('USAGE', message);
  },
  subject: 'media',
  lookAtStart: false,
  look: (settings) => lookAtRedis(urlOf(settings)),
  async open(settings, { timeout, ...use }) {
    const url = urlOf(settings);
    const storage = await (isClusterUrl(url) ? ClusterStorage : RedisStorage).open(url, {
      prefix: settings.storePrefix,
      ...use,
    });
    try {
      await storage.settled(timeout);
    } catch (error) {
      await storage.close();
      throw error;
    }
    return {
      storage,
      reachable: () => storage.reachable(),
      onLoss: (listener) => storage.onLoss(listener),
      // Encoders that share a Redis share a store, whose lease keeps all but one out.
      lock: async () => async () => {},
      close: () => storage.close(),
    };
  },
};

function urlOf({ mediaUrl, store = '' }: StorageSettings): string {
  return mediaUrl ?? store;
}
