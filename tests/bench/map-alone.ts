import { serveStore } from '../../src/store/ipc/ipc-server.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';

/** A sync child whose Map is kept nowhere: what keeping it costs is measured beside it. */
serveStore(Promise.resolve(new MemoryStore({ isolated: false })), process);
process.on('disconnect', () => process.exit());
process.send?.(['ready']);
