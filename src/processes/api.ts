import cluster from 'node:cluster';
import type { Http2SecureServer } from 'node:http2';
import { hostname } from 'node:os';
import type { Api } from '../api/api.ts';
import { readCertificate } from '../api/server/certificate.ts';
import type { Config } from '../config/config.ts';
import { toErrorRecord } from '../errors.ts';
import { aborted } from '../source/aborted.ts';
import { apiOptions } from './api-options.ts';
import { asChild, type Child } from './child.ts';
import { openChildStorage } from './child-storage.ts';
import { openChildStore } from './child-store.ts';
import { launched } from './last-words.ts';
import { CATCH_UP_MS, serveApi } from './serve-api.ts';
import { sharesStore } from './shares-store.ts';
import { reportStats } from './stats.ts';
import { storageFigures } from './storage-watch.ts';

/** An API child: playlists, media, markers and the viewer over HTTP. Any number of them share one port. */
export async function run(config: Config): Promise<void> {
  const child = asChild('api', config);
  const { stopping } = child;
  const certificate = readCertificate(config);
  const waiting = AbortSignal.any([stopping, AbortSignal.timeout(CATCH_UP_MS)]);
  const [store, media] = await Promise.all([
    openChildStore(child, waiting),
    openChildStorage(child, { timeout: waiting }),
  ]);
  const worker = String(cluster.worker?.id ?? 1);
  const stopStats = reportStats(store, apiName(config, worker), () => storageFigures(media));
  try {
    const { api, port, close } = await serveApi(child, {
      store,
      storage: media.storage,
      ...(await apiOptions(config, child.log)),
      httpRedirect: config.httpRedirect,
      certificate,
      worker,
      troubles: child.troubles,
    });
    try {
      if (certificate !== undefined) renewOnReload(child, api);
      child.ready({ port });
      announceWhenPlayable(api, port);
      const stopCounting = reportViewers(api);
      await aborted(stopping);
      stopCounting();
    } finally {
      await close();
    }
  } finally {
    stopStats();
    await Promise.all([store.close(), media.close()]);
  }
}

/** How it calls itself in `/metrics`: which of several on this host, and where hosts share a store, on which. */
function apiName(config: Config, worker: string): string {
  const more = [sharesStore(config) ? hostname() : '', config.apiWorkers > 1 ? worker : ''];
  return ['api', ...more].filter(Boolean).join(' ');
}

/** Connections from then on get the certificate as it lies in the files; a bad one changes nothing. */
function renewOnReload({ config, log, onReload }: Child, { server }: Api): void {
  onReload(() => {
    try {
      (server as Http2SecureServer).setSecureContext({ ...readCertificate(config) });
      log.info('the certificate was read again');
    } catch (error) {
      log.error(toErrorRecord(error), 'the certificate was not renewed; the one before stays');
    }
  });
}

/** Tells the launcher once that the default stream can be played, so that it can show the URL. */
function announceWhenPlayable({ live }: Api, port: number): void {
  const look = () => {
    if (live.defaultStream.state?.segments.length) {
      unsubscribe();
      if (launched) process.send?.(['playable', { port }], undefined, undefined, () => {});
    }
  };
  const unsubscribe = live.onChange(look);
  look();
}

/** How often it is looked how many watch, in milliseconds. */
const LOOK_MS = 1000;

/** Tells the launcher how many watch, when that changes; returns the stop. */
function reportViewers(api: Api): () => void {
  let before = 0;
  const timer = setInterval(() => {
    const count = api.viewers();
    if (launched && count !== before) process.send?.(['viewers', count], undefined, undefined, () => {});
    before = count;
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
