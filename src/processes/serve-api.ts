import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { OwnHosts } from '../api/access/own-hosts.ts';
import { type Api, type ApiOptions, createApi } from '../api/api.ts';
import { caughtUp } from '../api/live/caught-up.ts';
import type { LiveState } from '../api/live/live-state.ts';
import { gentleCloser, listen } from '../api/server/connections.ts';
import { createRedirect } from '../api/server/redirect.ts';
import { clientLimits } from '../api/server/web-server.ts';
import { HlsStreamError, toErrorRecord } from '../errors.ts';
import { limitReports } from '../redis/limited-reports.ts';
import type { Store } from '../store/store.ts';
import type { Host } from './host.ts';

/** How long a store that says nothing is waited for before listening, in milliseconds. */
export const CATCH_UP_MS = 3000;

/** Between two tries to read it after that, in milliseconds. */
const RETRY_MS = 200;

/** What is served, and where. */
export interface ServeApiOptions extends ApiOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** A port that sends plain HTTP to HTTPS. */
  readonly httpRedirect?: number | undefined;
}

/** An API that listens. */
export interface ServedApi {
  readonly api: Api;
  readonly port: number;
  close(): Promise<void>;
}

/** Puts an API together, whose requests come from elsewhere, once what the logs hold is known. */
export async function openApi(
  { log, stopping }: Pick<Host, 'log' | 'stopping'>,
  options: ApiOptions,
): Promise<Api> {
  const { store } = options;
  const api = createApi({
    failed: failureLog(log),
    ...options,
  });
  const timeout = AbortSignal.any([stopping, AbortSignal.timeout(CATCH_UP_MS)]);
  const known = await caughtUp(api.live, store, timeout).then(
    () => !timeout.aborted,
    (err: unknown) => {
      log.warn({ err }, 'the store cannot be read yet: streams are answered with 503 until it can be');
      return false;
    },
  );
  if (!known) void catchUp(api.live, store, stopping);
  return api;
}

/** Logs what went wrong for a request. Trouble of the storage, which every viewer meets, is said once in a while. */
function failureLog(log: Logger): (error: unknown) => void {
  const ofStorage = limitReports((error: HlsStreamError) =>
    log.error(toErrorRecord(error), 'media cannot be read'),
  );
  return (error) => {
    if (error instanceof HlsStreamError && error.code.startsWith('STORAGE_')) ofStorage(error);
    else log.error({ err: error }, 'something went wrong while serving');
  };
}

/** Serves playlists, media, markers and the viewer, once what the logs hold is known; rejects where it cannot listen. */
export async function serveApi(
  host: Pick<Host, 'log' | 'stopping'>,
  options: ServeApiOptions,
): Promise<ServedApi> {
  const { host: address, port: wanted, httpRedirect, certificate } = options;
  const api = await openApi(host, options);
  let closeRedirect = async () => {};
  const close = async () => {
    await Promise.all([api.close(), closeRedirect()]);
  };
  try {
    const port = await listen(api.server, address, wanted);
    if (httpRedirect !== undefined) {
      const ownHosts = options.publicHosts && new OwnHosts(options.publicHosts, address);
      closeRedirect = await serveRedirect(
        address,
        createRedirect(port, clientLimits, ownHosts),
        httpRedirect,
      );
    }
    host.log.info({ host: address, port, secure: certificate !== undefined }, 'serving');
    return { api, port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Has streams denied to nobody until they are known. */
async function catchUp(live: LiveState, store: Store, stopping: AbortSignal): Promise<void> {
  live.isCaughtUp = false;
  while (!stopping.aborted) {
    try {
      await caughtUp(live, store, stopping);
      live.isCaughtUp = true;
      return;
    } catch {
      // Why the store is away is said already.
      await delay(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
    }
  }
}

/** Sends plain HTTP to HTTPS; resolves to what ends it. */
async function serveRedirect(host: string, server: Server, from: number): Promise<() => Promise<void>> {
  const close = gentleCloser(server);
  await listen(server, host, from);
  return close;
}
