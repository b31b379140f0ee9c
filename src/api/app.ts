import cors from '@koa/cors';
import Router from '@koa/router';
import Koa, { type Context, type Middleware, type Next } from 'koa';
import serveFolder from 'koa-static';
import type { ClipPainter } from '../objects/clip-painter.ts';
import type { Storage } from '../storage/storage.ts';
import type { AddressLimits } from './access/address-limits.ts';
import type { OwnHosts } from './access/own-hosts.ts';
import type { ReadAccess } from './access/read-access.ts';
import type { WriteAccess } from './access/write-access.ts';
import { allowedOrigin, EXPOSED_HEADERS } from './http/cors.ts';
import { failures } from './http/failures.ts';
import { jsonResponses } from './http/koa-responses.ts';
import type { PublicPath } from './http/public-path.ts';
import { securityHeaders } from './http/security-headers.ts';
import type { WallClock } from './http/wall-clock.ts';
import type { LiveState } from './live/live-state.ts';
import type { RetainedMedia } from './live/retained-media.ts';
import type { Metrics, RequestKind } from './metrics/metrics.ts';
import { accessRoutes, gate, personalAnswers } from './routes/access.ts';
import { clipRoutes } from './routes/clips.ts';
import { embedRoutes } from './routes/embed.ts';
import type { EventClients } from './routes/event-clients.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { markerRoutes } from './routes/markers.ts';
import type { ObjectClients } from './routes/object-clients.ts';
import { objectRoutes } from './routes/objects.ts';
import { openApi } from './routes/openapi.ts';
import { PackagedFrames } from './routes/packaged-frames.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { streamOf } from './routes/stream-of.ts';
import { streamRoutes } from './routes/streams.ts';
import { thumbnailRoutes } from './routes/thumbnails.ts';

/** What {@link createApp} needs. */
export interface AppOptions {
  readonly live: LiveState;
  readonly clock: WallClock;
  readonly storage: Storage;
  readonly retained: RetainedMedia;
  readonly clients: EventClients;
  readonly objectClients: ObjectClients;
  readonly metrics: Metrics;
  readonly access: WriteAccess;
  /** Who may read; anybody if undefined. */
  readonly readAccess: ReadAccess | undefined;
  readonly ownHosts: OwnHosts | undefined;
  readonly limits: AddressLimits;
  /** Length of the longest clip, in seconds. */
  readonly clipLimit: number;
  /** Paints boxes into clips. */
  readonly clipPainter: ClipPainter | undefined;
  readonly corsOrigins: readonly string[];
  /** Who may show `/embed` in a frame: origins, `self`, `none` or `*`. */
  readonly frameAncestors: readonly string[];
  /** Where a proxy shows the server. */
  readonly publicPath: PublicPath;
  /** Folder of the viewer's files. */
  readonly webFolder: string;
  /** Served over HTTPS. */
  readonly secure: boolean;
  /** What is wrong with the processes beside this one, in sentences. */
  readonly troubles: () => readonly string[];
  /** Told of errors that should not happen. */
  readonly failed: (error: unknown) => void;
}

/** The Koa application: everything but playlists and media, which the hot path answers before it. */
export function createApp(options: AppOptions): { readonly app: Koa; readonly router: Router } {
  const { corsOrigins, failed, frameAncestors, metrics, publicPath, secure, webFolder } = options;
  const app = new Koa();
  // Errors after the head was sent: the client went away, or a file vanished while it was read.
  app.on('error', (error) => {
    if (!isGone(error)) failed(error);
  });
  const router = createRouter(options);
  app.use(counting(metrics));
  app.use(securityHeaders(secure, frameAncestors));
  if (corsOrigins.length > 0) {
    app.use(
      cors({
        origin: (ctx) => allowedOrigin(ctx.get('Origin'), corsOrigins) ?? '',
        // From other sites one may read; writing takes the token and a program, not a page.
        allowMethods: 'GET, HEAD',
        exposeHeaders: EXPOSED_HEADERS,
        maxAge: 86_400,
      }),
    );
  }
  app.use(personalAnswers);
  app.use(jsonResponses());
  app.use(failures(failed));
  app.use(gate);
  app.use(publicPath.redirect());
  app.use(router.routes());
  app.use(router.allowedMethods());
  app.use(serveFolder(webFolder));
  return { app, router };
}

function createRouter({
  live,
  clock,
  storage,
  retained,
  clients,
  objectClients,
  metrics,
  access,
  readAccess,
  ownHosts,
  limits,
  clipLimit,
  clipPainter,
  publicPath,
  troubles,
}: AppOptions): Router {
  const router = new Router();
  const find = streamOf(live);
  const frames = new PackagedFrames(live, clock);
  for (const prefix of ['', '/streams/:name']) {
    eventRoutes(router, prefix, { streamOf: find, clients, limits, publicPath });
    markerRoutes(router, prefix, { streamOf: find, frames, access, publicPath });
    objectRoutes(router, prefix, { streamOf: find, frames, access, limits, clients: objectClients });
  }
  streamRoutes(router, { live, streamOf: find, access, clipLimit, publicPath });
  thumbnailRoutes(router, find, publicPath);
  pictureRoutes(router, { streamOf: find, storage });
  clipRoutes(router, { streamOf: find, storage, media: retained, clipLimit, clipPainter });
  healthRoutes(router, { live, metrics, troubles });
  if (readAccess !== undefined)
    accessRoutes(router, { live, access: readAccess, limits, ownHosts, publicPath });
  const description = openApi(readAccess !== undefined);
  router.get('/openapi.json', (ctx) => {
    ctx.body = { ...description, servers: [{ url: publicPath.of(ctx) || '/' }] };
  });
  // The viewer's page is a file; as a route it has its methods.
  router.get('/', (_, next) => next());
  embedRoutes(router, publicPath);
  return router;
}

function counting(metrics: Metrics): Middleware {
  return async (ctx: Context, next: Next) => {
    await next();
    metrics.count(
      kindOf(ctx.path),
      ctx.status,
      ctx.respond === false || ctx.method === 'HEAD' ? 0 : (ctx.length ?? 0),
    );
  };
}

function kindOf(path: string): RequestKind {
  if (/\/(?:markers|objects)\/events$/.test(path)) return 'events';
  if (path.startsWith('/clips/')) return 'clip';
  if (path === '/openapi.json' || path.startsWith('/streams/')) return 'api';
  return path === '/' || path.startsWith('/embed') || /\.\w+$/.test(path) ? 'page' : 'api';
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  return ['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code);
}
