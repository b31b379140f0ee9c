import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import type Router from '@koa/router';
import { HlsStreamError } from '../errors.ts';
import type { ClipPainter } from '../objects/clip-painter.ts';
import type { Storage } from '../storage/storage.ts';
import type { Store } from '../store/store.ts';
import { AddressLimits, type AddressLimitsOptions } from './access/address-limits.ts';
import { OwnHosts } from './access/own-hosts.ts';
import { ReadAccess } from './access/read-access.ts';
import { setReader } from './access/reader.ts';
import { shareFailedTokens } from './access/shared-failures.ts';
import type { ReadToken } from './access/tokens.ts';
import { createApp } from './app.ts';
import { type Exchange, ServerExchange } from './http/exchange.ts';
import { MediaResponses } from './http/media-responses.ts';
import { PublicPath } from './http/public-path.ts';
import { settleTarget } from './http/request-target.ts';
import { systemClock, type WallClock } from './http/wall-clock.ts';
import { edgeAges, measurePublishing } from './live/edge-times.ts';
import { LiveState } from './live/live-state.ts';
import { RetainedMedia } from './live/retained-media.ts';
import { BlockedRequests } from './media/blocked-requests.ts';
import type { DeltaUpdates } from './media/delta-rule.ts';
import { hotPath } from './media/hot-path.ts';
import { MediaFiles } from './media/media.ts';
import { MediaCache } from './media/media-cache.ts';
import { ObjectFiles } from './media/object-files.ts';
import { Playlists } from './media/playlists.ts';
import { TimeShift } from './media/time-shift.ts';
import { Variants } from './media/variants.ts';
import { Viewers } from './media/viewers.ts';
import { wakeOnNewMedia } from './media/wake-on-new-media.ts';
import { Metrics } from './metrics/metrics.ts';
import { readProcessStats } from './metrics/process-stats.ts';
import { EventClients } from './routes/event-clients.ts';
import { ObjectClients } from './routes/object-clients.ts';
import { AddressLimit } from './server/address-limit.ts';
import type { Certificate } from './server/certificate.ts';
import { answerClientErrors, gentleCloser, refuseTunnels } from './server/connections.ts';
import { createPlainServer } from './server/plain-connection.ts';
import { PlainRequests } from './server/plain-request.ts';
import { closeWithConnection } from './server/queued-answers.ts';
import {
  type ClientLimits,
  clientLimits,
  createWebServer,
  type RequestListener,
} from './server/web-server.ts';

/** What {@link createApi} needs. */
export interface ApiOptions {
  readonly store: Store;
  readonly storage: Storage;
  /** The stream `/markers` means. */
  readonly defaultName: string;
  /** Folder of the viewer's files. */
  readonly webFolder: string;
  /** The address listened on, as far as Host headers may name it. @default '127.0.0.1' */
  readonly host?: string;
  /** Names, beside addresses and this machine's own, by which the server may be asked. @default any */
  readonly publicHosts?: readonly string[];
  /** Bearer token that writing needs. */
  readonly token?: string | undefined;
  /** Who may read: tokens, and keys of signatures, the first of which signs. @default anybody */
  readonly readers?: { readonly tokens: readonly ReadToken[]; readonly keys: readonly string[] } | undefined;
  /** Origins whose pages may read. @default [] */
  readonly corsOrigins?: readonly string[];
  /** Who may show `/embed` in a frame: origins, `self`, `none` or `*`. @default ['self'] */
  readonly frameAncestors?: readonly string[];
  /** Announce and send Playlist Delta Updates. @default 'auto' */
  readonly deltaUpdates?: DeltaUpdates;
  /** Answer players' plain requests straight from their connections. @default true */
  readonly plainConnections?: boolean;
  /** Path prefix below which a proxy shows the server: begins with a slash. @default what X-Forwarded-Prefix says */
  readonly publicPath?: string | undefined;
  /** With a certificate everything is served over HTTPS, by HTTP/2 and HTTP/1.1; without one over plain HTTP/1.1. */
  readonly certificate?: Certificate | undefined;
  /** Limits on slow and hostile clients. @default {@link clientLimits} */
  readonly limits?: Partial<ClientLimits>;
  /** Connections one address may have to this process; above that it gets 503. @default as many as it likes */
  readonly connectionsPerAddress?: number;
  /** How much one address may do, and whom proxies ask for. @default as much as it likes */
  readonly perAddress?: Omit<AddressLimitsOptions, 'now'>;
  /** How many requests may be held back at once; more get 503. @default 20,000 */
  readonly waitLimit?: number;
  /** How much older media is kept in memory, in bytes. @default 64 MiB */
  readonly cacheBytes?: number;
  /** Length of the longest clip, in seconds. @default 600 */
  readonly clipLimit?: number;
  /** Paints boxes into clips. @default nobody does */
  readonly clipPainter?: ClipPainter | undefined;
  /** Which of several API workers this is. @default '1' */
  readonly worker?: string;
  /** Also measure the process: memory, CPU, event loop. @default true */
  readonly processMetrics?: boolean;
  readonly clock?: WallClock;
  /** What is wrong with the processes beside this one, in sentences, for `/readyz`. @default nothing is */
  readonly troubles?: () => readonly string[];
  /** Told of errors that should not happen. */
  readonly failed?: (error: unknown) => void;
}

/** A running API. */
export interface Api {
  /** What listens. Not listening yet. */
  readonly server: Server;
  readonly live: LiveState;
  readonly router: Router;
  /** Answers a request that another server took, for {@link ApiOptions.publicPath}. */
  readonly answer: RequestListener;
  /** How many watch now. */
  viewers(): number;
  /** Stops taking requests, answers those that wait, ends event streams; resolves within 3 s. */
  close(): Promise<void>;
}

/** Puts the API together: folds the store's logs and answers HTTP from them. */
export function createApi(options: ApiOptions): Api {
  const { store, storage, defaultName, webFolder, token } = options;
  const { clipLimit = 600, frameAncestors = ['self'] } = options;
  const { corsOrigins = [], clock = systemClock, failed = () => {}, host = '127.0.0.1' } = options;
  const metrics = new Metrics({ worker: options.worker ?? '1', process: options.processMetrics ?? true });
  const live = new LiveState({ store, clock, defaultName, failed });
  const limits = new AddressLimits({ ...options.perAddress, now: () => clock.passed() });
  const blocked = new BlockedRequests(clock, options.waitLimit ?? 20_000, limits);
  const viewers = new Viewers(clock);
  const clients = new EventClients(live, clock, clipLimit);
  const objectClients = new ObjectClients(live, clock);
  const cache = new MediaCache(storage, options.cacheBytes ?? 64 * 1024 * 1024);
  const responses = new MediaResponses({ corsOrigins, metrics, failed });
  const media = new MediaFiles({ live, cache, blocked, responses, clock, failed });
  const playlists = new Playlists({
    live,
    blocked,
    responses,
    clock,
    deltaUpdates: options.deltaUpdates ?? 'auto',
    viewing: (exchange) => viewers.saw(exchange),
  });
  const retained = new RetainedMedia(storage, failed);
  const timeShift = new TimeShift({
    ...{ live, media: retained, responses },
    viewing: (exchange) => viewers.saw(exchange),
  });
  metrics.watch({
    waiting: () => blocked.waiting,
    viewers: () => viewers.count(),
    eventClients: () => clients.count + objectClients.count,
    edgeAges: () => edgeAges(live, clock),
    store: () => ({ up: live.storeUp, trouble: live.storeTrouble?.code }),
    processes: () => readProcessStats(store, clock.now()),
  });
  wakeOnNewMedia(live, { media, cache, blocked });
  measurePublishing(live, metrics, clock);

  const access = { token, host, limits };
  // Without a token there is none to be guessed.
  const endSharing = (token ?? options.readers) ? shareFailedTokens(store, limits) : () => {};
  const publicPath = new PublicPath(options.publicPath);
  const readAccess =
    options.readers && new ReadAccess({ ...options.readers, limits, now: () => clock.now() });
  const ownHosts = options.publicHosts && new OwnHosts(options.publicHosts, host);
  const secure = options.certificate !== undefined;
  const { app, router } = createApp({
    ...{ live, clock, storage, retained, clients, objectClients, metrics, access },
    ...{ readAccess, ownHosts, limits, clipLimit, corsOrigins, frameAncestors },
    ...{ publicPath, webFolder, secure, failed, clipPainter: options.clipPainter },
    troubles: options.troubles ?? (() => []),
  });
  const fast = hotPath({
    variants: new Variants({ live, responses }),
    objects: new ObjectFiles({ live, storage, responses }),
    ...{ live, playlists, timeShift, media, responses },
  });
  const rest = app.callback();
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    closeWithConnection(request, response);
    try {
      if (addresses.isAbove(request.socket)) throw tooManyConnections();
      settleTarget(request, publicPath, ownHosts);
      if (readAccess !== undefined && request.url !== '*') {
        const { headers, socket } = request;
        const from = { headers, remoteAddress: socket.remoteAddress };
        const { url, reader } = readAccess.admit(request.url ?? '', from);
        request.url = url;
        setReader(request, reader);
      }
    } catch (error) {
      refuse(responses, new ServerExchange(request, response), response, error);
      return;
    }
    const exchange = new ServerExchange(request, response);
    if (request.url === '*') responses.options(exchange);
    else if (!fast(exchange)) void rest(request, response);
  };
  const clientBounds = { ...clientLimits, ...options.limits };
  const server = createWebServer(answer, options.certificate, clientBounds);
  const isAbove = (socket: Socket) => addresses.isAbove(socket);
  const { listener, closeIdle } =
    server instanceof HttpServer && options.plainConnections !== false
      ? createPlainServer(server, {
          limits: clientBounds,
          requests: new PlainRequests(clientBounds.headerBytes, publicPath, { ownHosts, readAccess }),
          answer: fast,
          isAbove,
        })
      : { listener: server, closeIdle: () => {} };
  const addresses = new AddressLimit(listener, options.connectionsPerAddress ?? Number.POSITIVE_INFINITY);
  const closeServer = gentleCloser(server, listener);
  answerClientErrors(server);
  refuseTunnels(server);

  return {
    server: listener,
    live,
    router,
    answer,
    viewers: () => viewers.count(),
    async close() {
      responses.closing = true;
      // The listening socket goes first, then those who wait get their answer, and all within the bound.
      const closed = closeServer();
      blocked.close();
      endSharing();
      closeIdle();
      clients.close();
      objectClients.close();
      live.close();
      await closed;
    },
  };
}

function tooManyConnections(): HlsStreamError {
  return new HlsStreamError('TOO_MANY_REQUESTS', 'too many connections from this address; close some');
}

/** Answers a request that gets no further, and closes its connection. */
function refuse(
  responses: MediaResponses,
  exchange: Exchange,
  response: ServerResponse,
  error: unknown,
): void {
  if (exchange.closable) response.setHeader('Connection', 'close');
  responses.error(exchange, error);
}
