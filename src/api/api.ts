import { createServer, type Server } from 'node:http';
import type Router from '@koa/router';
import { dateOf, fromEpochMilliseconds, toSeconds } from '../clock.ts';
import { listedOpenParts, mediaFolder } from '../hls/playlist-log.ts';
import type { Storage } from '../storage/storage.ts';
import type { Store } from '../store/store.ts';
import { createApp } from './app.ts';
import { answerClientErrors, closeGently } from './connections.ts';
import { EventClients } from './event-clients.ts';
import { HotAnswers } from './hot-answers.ts';
import { hotPath } from './hot-path.ts';
import type { LiveMedia } from './live-media.ts';
import { LiveState } from './live-state.ts';
import type { LiveStream } from './live-stream.ts';
import { MediaFiles } from './media.ts';
import { MediaCache } from './media-cache.ts';
import { Metrics } from './metrics.ts';
import { Playlists } from './playlists.ts';
import { Viewers } from './viewers.ts';
import { WaitingRoom } from './waiting-room.ts';
import { systemClock, type WallClock } from './wall-clock.ts';

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
  /** Bearer token that writing needs. */
  readonly token?: string | undefined;
  /** Origins whose pages may read. @default [] */
  readonly corsOrigins?: readonly string[];
  /** Serve Partial Segments and blocking reload. @default true */
  readonly lowLatency?: boolean;
  /** Announce Playlist Delta Updates. @default false */
  readonly deltaUpdates?: boolean;
  /** How many requests may be held back at once; more get 503. @default 20,000 */
  readonly waitLimit?: number;
  /** How much older media is kept in memory, in bytes. @default 64 MiB */
  readonly cacheBytes?: number;
  /** Which of several API workers this is. @default '1' */
  readonly worker?: string;
  /** Also measure the process: memory, CPU, event loop. @default true */
  readonly processMetrics?: boolean;
  readonly clock?: WallClock;
  /** Told of errors that should not happen. */
  readonly failed?: (error: unknown) => void;
}

/** A running API. */
export interface Api {
  /** Not listening yet. */
  readonly server: Server;
  readonly live: LiveState;
  readonly router: Router;
  /** Stops taking requests, answers those that wait, ends event streams; resolves within 3 s. */
  close(): Promise<void>;
}

/** Puts the API together: folds the store's logs and answers HTTP from them. */
export function createApi(options: ApiOptions): Api {
  const { store, storage, defaultName, webFolder, token } = options;
  const { corsOrigins = [], clock = systemClock, failed = () => {}, host = '127.0.0.1' } = options;
  const metrics = new Metrics({ worker: options.worker ?? '1', process: options.processMetrics ?? true });
  const live = new LiveState({ store, clock, defaultName, failed });
  const room = new WaitingRoom(clock, options.waitLimit ?? 20_000);
  const viewers = new Viewers(clock);
  const clients = new EventClients(live, clock);
  const cache = new MediaCache(storage, options.cacheBytes ?? 64 * 1024 * 1024);
  const answers = new HotAnswers({ corsOrigins, metrics, failed });
  const media = new MediaFiles({ live, cache, room, answers, clock, failed });
  const playlists = new Playlists({
    live,
    room,
    answers,
    clock,
    lowLatency: options.lowLatency ?? true,
    deltaUpdates: options.deltaUpdates ?? false,
    viewing: (request) => viewers.saw(request),
  });
  metrics.watch({
    waiting: () => room.waiting,
    viewers: () => viewers.count(),
    eventClients: () => clients.count,
    edgeAges: () => edgeAges(live, clock),
  });
  wakeOnNewMedia(live, { media, cache, room });

  const access = { token, host };
  const { app, router } = createApp({ live, clients, metrics, access, corsOrigins, webFolder, failed });
  const fast = hotPath({ playlists, media, answers });
  const rest = app.callback();
  const server = createServer(serverOptions, (request, response) => {
    if (!fast(request, response)) void rest(request, response);
  });
  answerClientErrors(server);

  return {
    server,
    live,
    router,
    async close() {
      answers.closing = true;
      // The listening socket goes first, then those who wait get their answer, and all within the bound.
      const closed = closeGently(server);
      room.close();
      clients.close();
      live.close();
      await closed;
    },
  };
}

/** Limits on slow and hostile clients; times in milliseconds. */
const serverOptions = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  // Longer than any player waits between two polls, or each poll would cost a new connection.
  keepAliveTimeout: 75_000,
  noDelay: true,
};

function wakeOnNewMedia(
  live: LiveState,
  { media, cache, room }: { media: MediaFiles; cache: MediaCache; room: WaitingRoom },
): void {
  const served = new WeakMap<LiveStream, LiveMedia>();
  live.onChange((stream, change) => {
    if (change.type !== 'media' || stream.media === undefined) return;
    const before = served.get(stream);
    if (before !== stream.media) {
      served.set(stream, stream.media);
      if (before !== undefined) {
        room.wake(before);
        cache.forget(mediaFolder(before.stream.name, before.stream.epoch));
      }
    }
    media.fill(stream.media);
    room.wake(stream.media);
  });
}

function edgeAges(live: LiveState, clock: WallClock): Map<string, number> {
  const ages = new Map<string, number>();
  for (const { name, state } of live.streams) {
    const last = state && (listedOpenParts(state).at(-1) ?? state.segments.at(-1));
    if (last === undefined) continue;
    const edge = dateOf(last, last.pts + last.duration);
    ages.set(name, toSeconds(fromEpochMilliseconds(clock.now()) - edge));
  }
  return ages;
}
