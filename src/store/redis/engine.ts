import { limitReports } from '../../redis/limited-reports.ts';
import { lookAtRedis } from '../../redis/look.ts';
import { isRedisUrl } from '../../redis/redis-url.ts';
import type { StoreEngine } from '../engine.ts';

/** A store in a Redis. */
export const redisStoreEngine: StoreEngine = {
  name: 'redis',
  help: 'redis://host:6379, rediss://user:password@host/0 (better given as HLSSTREAM_STORE)',
  urls: ['redis://…', 'rediss://…'],
  takes: isRedisUrl,
  shared: true,
  look: lookAtRedis,
  async open(url, { prefix, timeout, onTrouble }) {
    const { RedisStore } = await import('./redis-store.ts');
    const store = await RedisStore.open(url, {
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
