import { limitReports } from '../../redis/limited-reports.ts';
import { lookAtRedis } from '../../redis/look.ts';
import { isClusterUrl, isRedisUrl } from '../../redis/redis-url.ts';
import type { StoreEngine } from '../engine.ts';

/** A store in a Redis. */
export const redisStoreEngine: StoreEngine = {
  name: 'redis',
  help: 'redis://host:6379, rediss://user:password@host/0, redis+sentinel://host1,host2/primary/0, redis+cluster://host1,host2 (better given as HLSSTREAM_STORE)',
  urls: ['redis://…', 'rediss://…', 'redis+sentinel://…', 'redis+cluster://…'],
  takes: isRedisUrl,
  shared: true,
  look: lookAtRedis,
  async open(url, { prefix, timeout, onTrouble, replicas }) {
    const { RedisStore } = await import('./redis-store.ts');
    const { ClusterStore } = await import('./cluster-store.ts');
    const store = await (isClusterUrl(url) ? ClusterStore : RedisStore).open(url, {
      replicas,
      prefix,
      onTrouble: limitReports(onTrouble, ({ code }) => code),
    });
    try {
      await store.settled(timeout);
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  },
};
