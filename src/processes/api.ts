import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { type Api, createApi } from '../api/api.ts';
import { caughtUp } from '../api/live/caught-up.ts';
import { readCertificate } from '../api/server/certificate.ts';
import { listen } from '../api/server/connections.ts';
import type { Config } from '../config/config.ts';
import { aborted } from '../source/aborted.ts';
import { renewOnReload, serveRedirect } from './api-tls.ts';
import { asChild } from './child.ts';
import { openChildStorage } from './child-storage.ts';
import { openChildStore } from './child-store.ts';
import { launched } from './last-words.ts';

/** The viewer's files lie beside the compiled server. */
const webFolder = fileURLToPath(new URL('../web/', import.meta.url));

/** How long a store that says nothing is waited for before listening, in milliseconds. */
const CATCH_UP_MS = 3000;

/** An API child: playlists, media, markers and the viewer over HTTP. Any number of them share one port. */
export async function run(config: Config): Promise<void> {
  const child = asChild('api', config);
  const { log, stopping } = child;
  const certificate = readCertificate(config);
  const waiting = AbortSignal.any([stopping, AbortSignal.timeout(CATCH_UP_MS)]);
  const [store, media] = await Promise.all([
    openChildStore(child, waiting),
    openChildStorage(child, { timeout: waiting }),
  ]);
  const api = createApi({
    store,
    storage: media.storage,
    defaultName: config.name,
    webFolder,
    host: config.host,
    token: config.token,
    corsOrigins: config.corsOrigin,
    deltaUpdates: config.deltaUpdates,
    plainConnections: config.plainConnections,
    publicPath: config.publicPath,
    clipLimit: config.clipLimit,
    frameAncestors: config.frameAncestors,
    certificate,
    connectionsPerAddress: config.connectionsPerAddress,
    waitLimit: config.blockingRequests,
    worker: String(cluster.worker?.id ?? 1),
    failed: (error) => log.error({ err: error }, 'something went wrong while serving'),
  });
  let closeRedirect = async () => {};
  try {
    const timeout = AbortSignal.any([stopping, AbortSignal.timeout(CATCH_UP_MS)]);
    await caughtUp(api.live, store, timeout).catch((err: unknown) =>
      log.warn({ err }, 'beginning with nothing'),
    );
    const port = await listen(api.server, config.host, config.port);
    closeRedirect = await serveRedirect(config, port);
    if (certificate !== undefined) renewOnReload(child, api);
    log.info({ host: config.host, port, secure: certificate !== undefined }, 'serving');
    child.ready({ port });
    tellWhenPlayable(api, port);
    await aborted(stopping);
  } finally {
    await Promise.all([api.close(), closeRedirect()]);
    await Promise.all([store.close(), media.close()]);
  }
}

/** Tells the launcher once that the default stream can be played, so that it can show the URL. */
function tellWhenPlayable({ live }: Api, port: number): void {
  const look = () => {
    if (live.defaultStream.state?.segments.length) {
      unsubscribe();
      if (launched) process.send?.(['playable', { port }], undefined, undefined, () => {});
    }
  };
  const unsubscribe = live.onChange(look);
  look();
}
