import { RedisStore } from '../../src/store/redis/redis-store.ts';
import { startRedis } from './redis-server.ts';
import { storeContract } from './store-contract.ts';

storeContract('redis', async () => {
  const redis = await startRedis();
  const clients: RedisStore[] = [];
  const another = async () => {
    const client = await RedisStore.open(`redis://127.0.0.1:${redis.port}/1`, { prefix: 'contract' });
    clients.push(client);
    await client.settled(AbortSignal.timeout(5000));
    return client;
  };
  const close = async () => {
    for (const client of clients) await client.close();
    await redis.stop();
  };
  return { store: await another(), another, close };
});
