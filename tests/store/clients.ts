import type { Store } from '../../src/store/store.ts';

/** A client of a store as the contracts want it: others of the same store, and what closes them all. */
export async function clientsOf(open: () => Promise<Store>) {
  const clients: Store[] = [];
  const another = async () => {
    const client = await open();
    clients.push(client);
    return client;
  };
  return {
    store: await another(),
    another,
    async close() {
      for (const client of clients) await client.close();
    },
  };
}
