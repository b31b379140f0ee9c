import { randomUUID } from 'node:crypto';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { fromSeconds, type Microseconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { newInstance } from '../../hls/date-range-origin.ts';
import { liveEdge } from '../../hls/live-edge.ts';
import type { Marker, MarkerEntry, MarkerOperation } from '../../hls/marker-log.ts';
import { markerToJson } from '../../hls/marker-query.ts';
import type { MediaState } from '../../hls/playlist-log.ts';
import { checkWriteAccess, type WriteAccess } from '../access/write-access.ts';
import { jsonTags } from '../http/entity-tag.ts';
import { sendText } from '../http/koa-responses.ts';
import { checkPreconditions } from '../http/preconditions.ts';
import type { PublicPath } from '../http/public-path.ts';
import { readJson } from '../http/request-body.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { reachOf } from '../live/retained-media.ts';
import {
  checkedPts,
  type PlacedDraft,
  placeMarker,
  readMarkerChanges,
  readNewMarkers,
} from './marker-input.ts';
import { MarkerPages } from './marker-pages.ts';
import type { PackagedFrames } from './packaged-frames.ts';
import type { StreamOf } from './stream-of.ts';

/** How long an answer waits until this process has folded what it wrote, in milliseconds. */
const FOLD_TIMEOUT_MS = 2000;

/** What {@link markerRoutes} needs. */
export interface MarkerRoutesOptions {
  readonly streamOf: StreamOf;
  /** Where frames of the source are. */
  readonly frames: PackagedFrames;
  readonly access: WriteAccess;
  readonly publicPath: PublicPath;
}

/** Adds the routes of markers below `prefix`: '' for the default stream, or one with `:name`. */
export function markerRoutes(
  router: Router,
  prefix: string,
  { streamOf, frames, access, publicPath }: MarkerRoutesOptions,
): void {
  const pages = new MarkerPages();

  router.get(`${prefix}/markers`, (ctx) => {
    const text = pages.page(streamOf(ctx), ctx.search);
    return sendText(ctx, text, 'application/json; charset=utf-8', 'no-cache');
  });

  router.get(`${prefix}/markers/:id`, (ctx) => {
    const stream = streamOf(ctx);
    ctx.body = markerToJson(find(stream, ctx.params.id), reachOf(stream)?.from);
  });

  router.post(`${prefix}/markers`, async (ctx) => {
    checkWriteAccess(ctx.req, access);
    const stream = streamOf(ctx);
    const body = await readJson(ctx.req);
    const drafts = readNewMarkers(body);
    const found = await frames.find(stream, drafts);
    let made: readonly Marker[] = [];
    await inTurn(ctx, stream, async () => {
      checkPreconditions(ctx, () => pages.page(stream, '').tags);
      made = make(stream, drafts, found);
      await write(stream, made);
    });
    const answers = made.map((marker) => markerToJson(stream.markers.state.markers.get(marker.id) ?? marker));
    ctx.status = 201;
    ctx.body = Array.isArray(body) ? answers : answers[0];
    if (!Array.isArray(body)) ctx.set('Location', `${publicPath.of(ctx)}${ctx.path}/${answers[0]?.id}`);
  });

  router.patch(`${prefix}/markers/:id`, async (ctx) => {
    checkWriteAccess(ctx.req, access);
    const stream = streamOf(ctx);
    find(stream, ctx.params.id);
    const body = await readJson(ctx.req);
    await inTurn(ctx, stream, async () => {
      const marker = find(stream, ctx.params.id);
      checkPreconditions(ctx, () => jsonTags(markerToJson(marker, reachOf(stream)?.from)));
      await append(stream, { operations: edits(marker, body, stream.state) });
      ctx.body = markerToJson(find(stream, marker.id), reachOf(stream)?.from);
    });
  });

  router.delete(`${prefix}/markers/:id`, async (ctx) => {
    checkWriteAccess(ctx.req, access);
    const stream = streamOf(ctx);
    await inTurn(ctx, stream, async () => {
      const marker = find(stream, ctx.params.id);
      checkPreconditions(ctx, () => jsonTags(markerToJson(marker, reachOf(stream)?.from)));
      const { id } = marker;
      await append(stream, { operations: [{ op: 'delete', id }] });
      ctx.status = 204;
    });
  });
}

/** The writes under way here, by stream. */
const writes = new WeakMap<LiveStream, Promise<void>>();

/**
 * Writes: one that is conditional after all that this process was asked for before, by what those have made. What
 * another process writes meanwhile it does not see.
 */
async function inTurn(ctx: Context, stream: LiveStream, write: () => Promise<void>): Promise<void> {
  const before = writes.get(stream) ?? Promise.resolve();
  const isConditional = ctx.get('If-Match') !== '' || ctx.get('If-None-Match') !== '';
  const written = isConditional ? before.then(write) : write();
  // Without what they came to, or each would keep that of all before it.
  writes.set(
    stream,
    Promise.allSettled([before, written]).then(() => {}),
  );
  await written;
}

function find({ markers, name }: LiveStream, id: string | undefined): Marker {
  const marker = id === undefined ? undefined : markers.state.markers.get(id);
  if (marker !== undefined) return marker;
  throw new HlsStreamError('NOT_FOUND', `stream ${name} has no such marker, or not any more`);
}

function make(
  stream: LiveStream,
  drafts: readonly PlacedDraft[],
  found: ReadonlyMap<number, Microseconds>,
): Marker[] {
  const { state, markers, name } = stream;
  if (state === undefined) throw new HlsStreamError('NOT_READY', `stream ${name} has not started; try again`);
  const ids = new Set<string>();
  return drafts.map((placed, index) => {
    const { draft } = placed;
    const id = draft.id ?? randomUUID();
    if (ids.has(id) || markers.state.markers.has(id) || markers.state.gone.has(id)) throw taken(id);
    ids.add(id);
    return {
      id,
      stream: name,
      ...placeMarker(placed, state, found.get(index)),
      duration: draft.duration === null ? null : fromSeconds(draft.duration),
      text: draft.text,
      class: draft.class,
      source: 'api',
      data: draft.data,
    };
  });
}

function edits(marker: Marker, body: unknown, state: MediaState | undefined): MarkerOperation[] {
  const { close, duration, text, class: group, data } = readMarkerChanges(body);
  const { id } = marker;
  const changes = {
    ...(text === undefined ? {} : { text }),
    ...(group === undefined ? {} : { class: group }),
    ...(duration === undefined ? {} : { duration: fromSeconds(duration) }),
    ...(data === undefined ? {} : { data }),
  };
  const operations: MarkerOperation[] = Object.keys(changes).length > 0 ? [{ op: 'edit', id, changes }] : [];
  if (close === undefined) return operations;
  if (state === undefined) throw new HlsStreamError('NOT_READY', 'the stream has not started; try again');
  const end =
    close === true ? (liveEdge(state) ?? marker.pts) : checkedPts(state, fromSeconds(close), '/close');
  return [...operations, { op: 'close', id, duration: Math.max(0, end - marker.pts) }];
}

/** All of the batch or nothing: it is one entry of the log. */
async function write(stream: LiveStream, made: readonly Marker[]): Promise<void> {
  const operations = made.map((marker): MarkerOperation => ({ op: 'open', marker, instance: newInstance() }));
  const opened = await append(stream, { operations, whole: true });
  // Another process may have opened the same id at the same time: the log says who was first.
  if (opened === undefined || made.every(({ id }) => opened.has(id))) return;
  const { dateRanges } = stream.markers.state;
  throw taken((made.find(({ id }) => dateRanges.has(id)) ?? made[0])?.id ?? '');
}

/** Appends, and waits until this process shows it; says which markers changed, if it got that far in time. */
async function append({ markers }: LiveStream, entry: MarkerEntry): Promise<ReadonlySet<string> | undefined> {
  const cursor = await markers.append(entry, randomUUID());
  const event = await markers.folded(cursor, AbortSignal.timeout(FOLD_TIMEOUT_MS));
  return event && new Set(event.changes.map(({ marker }) => marker.id));
}

function taken(id: string): HlsStreamError {
  return new HlsStreamError(
    'MARKER_EXISTS',
    `the id ${id} is taken; it can be used again when its marker has left the window`,
  );
}
