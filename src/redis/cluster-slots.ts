import type { Redis } from 'ioredis';
import type { RedisHost } from './redis-url.ts';

/** How many hash slots a cluster has. */
const SLOTS = 16_384;

/** The hash slot of keys with this hash tag: CRC16 (XMODEM) of it, as the cluster specification says. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc % SLOTS;
}

/** What CLUSTER SLOTS says of a range: its first and last slot, and where its primary is. */
type SlotRange = readonly [from: number, to: number, primary: readonly [host: string | null, port: number]];

/**
 * The node that has the keys with this hash tag, as the first of `hosts` says that answers.
 * @param ask makes a client for one of them
 */
export async function nodeOfSlot(
  hosts: readonly RedisHost[],
  tag: string,
  ask: (host: RedisHost) => Redis,
): Promise<RedisHost> {
  const slot = slotOf(tag);
  let failure: unknown = new Error('CLUSTERDOWN no node of the cluster is known');
  for (const one of hosts) {
    const client = ask(one);
    // What goes wrong is told by the call.
    client.on('error', () => {});
    try {
      await client.connect();
      const ranges = (await client.call('CLUSTER', 'SLOTS')) as readonly SlotRange[];
      const found = ranges.find(([from, to]) => from <= slot && slot <= to);
      // A node that does not know its own address is where it was asked.
      if (found !== undefined) return { host: found[2][0] || one.host, port: found[2][1] };
      failure = new Error(`CLUSTERDOWN no node has hash slot ${slot}`);
    } catch (error) {
      failure = error;
    } finally {
      client.disconnect();
    }
  }
  throw failure;
}
