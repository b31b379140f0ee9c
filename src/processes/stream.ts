import type { Config } from '../config/config.ts';
import { type PictureServer, servePictures } from '../frames/picture-server.ts';
import type { Holder } from '../lease/holder.ts';
import type { Lease } from '../lease/lease.ts';
import { takeLease } from '../lease/take-lease.ts';
import { openSource } from '../source/open.ts';
import { openSocketInput } from '../source/socket-input.ts';
import type { OpenStorage } from '../storage/storage.ts';
import type { Store } from '../store/store.ts';
import { removeAbandoned } from './abandoned.ts';
import { asChild, type Child } from './child.ts';
import { expiryOf, openChildStorage } from './child-storage.ts';
import { openChildStore } from './child-store.ts';
import { type EncodeOptions, encode } from './encode.ts';
import { inputSocket, picturesSocket } from './local-sockets.ts';
import { retentionRules } from './retention-rules.ts';
import { sharesStore, statsName } from './shares-store.ts';
import { storageAgain } from './storage-again.ts';
import { logLease, logStore } from './stream-log.ts';

/**
 * The stream child. Where others may share the store, on one host or several, it encodes for as long as it holds
 * the lease on the stream's name, and stands by otherwise if it was told to. Under a launcher with a store of its
 * own nobody else can, and the lock on the folder is enough.
 */
export async function run(config: Config): Promise<void> {
  const child = asChild('stream', config);
  const { log } = child;
  const media = await openChildStorage(child, { writes: true });
  const store = await openChildStore(child);
  const unwatch = logStore(log, store);
  const socket = picturesSocket(child.config.detectorWidth);
  const pictures = socket === undefined ? undefined : await servePictures(socket);
  const places = { store, media, pictures };
  try {
    if (sharesStore(config)) await takeTurns(child, places);
    else await encodeAlone(child, places);
  } finally {
    unwatch();
    pictures?.close();
    await media.close();
    await store.close();
  }
}

async function encodeAlone(child: Child, places: ChildPlaces): Promise<void> {
  const { media } = places;
  const { config, log } = child;
  const lock = () => media.lock(config.name);
  const unlock = await (child.predecessor === undefined ? lock() : storageAgain(child.stopping, log, lock));
  const stopRemoving = removeAbandoned(media, config.name, log);
  try {
    await encode(child, { ...what(child), ...places });
  } finally {
    stopRemoving();
    await unlock();
  }
}

async function takeTurns(child: Child, places: ChildPlaces): Promise<void> {
  const { config, log, stopping } = child;
  for (;;) {
    const lease = await lead(child, places.store);
    if (lease === undefined) return;
    try {
      await encode(child, { ...what(child), ...places, lease });
      if (!lease.lost.aborted) return;
    } catch (error) {
      // Whatever fails because somebody else has taken over is told below.
      if (!lease.lost.aborted) throw error;
    } finally {
      await lease.release();
    }
    if (!config.standby || stopping.aborted) throw lease.lost.reason;
    log.warn({ reason: lease.lost.reason.message }, 'standing by again');
  }
}

/** What every term of the child works with. */
interface ChildPlaces {
  readonly store: Store;
  readonly media: OpenStorage;
  readonly pictures: PictureServer | undefined;
}

/** What is encoded, as the settings say. */
function what({ config }: Child): Pick<EncodeOptions, 'settings' | 'openSource' | 'statsName'> {
  return {
    settings: { ...config, retention: retentionRules(config), expiry: expiryOf(config) },
    statsName: statsName('stream', config),
    async openSource(options) {
      const socket = config.source === '-' ? inputSocket() : undefined;
      return socket === undefined ? openSource(config, options) : openSocketInput(socket, options.signal);
    },
  };
}

/** Waits for the lease, or refuses to; `undefined` when told to stop meanwhile. */
function lead(child: Child, store: Store): Promise<Lease | undefined> {
  const { config, log, stopping: signal } = child;
  return takeLease({
    ...{ store, subject: `stream/${config.name}`, wait: config.standby, signal },
    ...logLease(log, ({ host, pid }: Holder) => child.ready({ standby: true, active: `${pid} on ${host}` })),
  });
}
