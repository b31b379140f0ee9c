import type Router from '@koa/router';
import { toSeconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import type { LoggedObjects } from '../../hls/objects-log.ts';
import type { AddressLimits } from '../access/address-limits.ts';
import { checkWriteAccess, type WriteAccess } from '../access/write-access.ts';
import { component, type Operation, problem } from '../http/operation.ts';
import { checkPreconditions } from '../http/preconditions.ts';
import { readJson } from '../http/request-body.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { openEvents } from './events.ts';
import type { ObjectClients } from './object-clients.ts';
import { MOST_FRAMES, placeObjects, readNewObjects, tooLate } from './object-input.ts';
import type { PackagedFrames } from './packaged-frames.ts';
import type { StreamOf } from './stream-of.ts';

/** How long an answer waits until this process has folded what it wrote, in milliseconds. */
const FOLD_TIMEOUT_MS = 2000;

/** A hundred frames with all their objects. */
const BODY_LIMIT = 8 * 1024 * 1024;

/** What {@link objectRoutes} needs. */
export interface ObjectRoutesOptions {
  readonly streamOf: StreamOf;
  /** Where frames of the source are. */
  readonly frames: PackagedFrames;
  readonly access: WriteAccess;
  readonly limits: AddressLimits;
  readonly clients: ObjectClients;
}

/** Adds the routes of objects below `prefix`: '' for the default stream, or one with `:name`. */
export function objectRoutes(
  router: Router,
  prefix: string,
  { streamOf, frames, access, limits, clients }: ObjectRoutesOptions,
): void {
  router.get(`${prefix}/objects/events`, (ctx) => {
    const stream = streamOf(ctx);
    const expires = openEvents(ctx, limits, true);
    if (expires !== undefined) clients.add(stream, ctx.res, expires);
  });

  router.post(`${prefix}/objects`, async (ctx) => {
    checkWriteAccess(ctx.req, access);
    const stream = streamOf(ctx);
    const body = await readJson(ctx.req, BODY_LIMIT);
    checkPreconditions(ctx, () => []);
    const drafts = readNewObjects(body);
    const found = await frames.find(stream, drafts, 'OBJECTS_OUT_OF_RANGE');
    const { state, name } = stream;
    if (state === undefined || state.init === undefined)
      throw new HlsStreamError('NOT_READY', `stream ${name} has no picture yet; try again`);
    const placed = drafts.map((draft, index) => placeObjects(draft, state, found.get(index)));
    await write(stream, placed);
    const answers = placed.map(({ pts, source }) => ({ pts: toSeconds(pts), source }));
    ctx.status = 201;
    ctx.body = Array.isArray((body as { readonly frames?: unknown }).frames)
      ? { frames: answers }
      : answers[0];
  });
}

/** Writes all of it or nothing. */
async function write({ objects }: LiveStream, placed: readonly LoggedObjects[]): Promise<void> {
  if (objects.isFull)
    throw new HlsStreamError('TOO_MANY_REQUESTS', 'too many objects wait to be written already; try again');
  // All readers of the log decide as its order says; this one only spares it what cannot be taken.
  const isLate = placed.find(({ pts }) => pts < objects.state.before);
  const [late] = isLate
    ? [isLate]
    : ((await objects.append(placed, AbortSignal.timeout(FOLD_TIMEOUT_MS))) ?? []);
  if (late !== undefined) throw tooLate(late, objects.state.before);
}

/**
 * What {@link objectRoutes} adds, as OpenAPI describes it.
 * @param prefix of the paths: none for the default stream
 */
export function objectOperations(prefix: string): readonly Operation[] {
  const fresh = component('newObjects');
  const placed = component('placedObjects');
  const several = (items: object) => ({
    type: 'object',
    required: ['frames'],
    additionalProperties: false,
    properties: { frames: { type: 'array', items, minItems: 1, maxItems: MOST_FRAMES } },
  });
  // There is always a default stream; one that is named may be missing.
  const missing = prefix === '' ? {} : { 404: problem };
  return [
    {
      path: `${prefix}/objects/events`,
      method: 'get',
      summary:
        'Server-sent events: objects (of the frames of about one part; first of all that is in no file yet). There is nothing to resume: what was missed is in the files beside the segments',
      answers: { 200: 'text/event-stream', ...missing },
    },
    {
      path: `${prefix}/objects`,
      method: 'post',
      summary: 'Say what a frame shows, or several frames: all or none',
      body: { oneOf: [fresh, several(fresh)] },
      answers: {
        201: { oneOf: [placed, several(placed)] },
        ...missing,
        413: problem,
        415: problem,
        422: problem,
      },
    },
  ];
}
