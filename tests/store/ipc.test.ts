import { ForkedStore } from './forked-store.ts';
import { storeContract } from './store-contract.ts';

storeContract('ipc', async () => {
  const forked = new ForkedStore();
  await forked.startSync();
  return { store: forked.client(), another: async () => forked.client(), close: () => forked.close() };
});
