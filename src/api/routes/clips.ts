import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type Router from '@koa/router';
import { toIsoDate } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { listedOpenParts } from '../../hls/playlist-log.ts';
import type { ClipPainter } from '../../objects/clip-painter.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Operation, problem } from '../http/operation.ts';
import type { RetainedMedia } from '../live/retained-media.ts';
import { cutClip } from './clip.ts';
import { LOOK_BACK, objectsIn, readClipBoxes } from './clip-boxes.ts';
import { readClipRange } from './clip-range.ts';
import type { StreamOf } from './stream-of.ts';

/** How many clips a process cuts or sends at once; more get 503. */
const AT_ONCE = 8;

/** Of these so many with boxes, which are encoded anew. */
const PAINTED_AT_ONCE = 1;

/** What {@link clipRoutes} needs. */
export interface ClipRoutesOptions {
  readonly streamOf: StreamOf;
  readonly storage: Storage;
  readonly media: RetainedMedia;
  /** Length of the longest clip, in seconds. */
  readonly clipLimit: number;
  /** Paints boxes into clips. @default nobody can */
  readonly clipPainter?: ClipPainter | undefined;
}

/** Adds `/clips/:name.mp4`. */
export function clipRoutes(
  router: Router,
  { streamOf, storage, media, clipLimit, clipPainter }: ClipRoutesOptions,
): void {
  const underWay = { all: 0, painted: 0 };
  router.get('/clips/:name.mp4', async (ctx) => {
    const stream = streamOf(ctx);
    const query = new URLSearchParams(ctx.querystring);
    const boxes = readClipBoxes(query);
    if (boxes && clipPainter === undefined)
      throw new HlsStreamError('FFMPEG_NOT_FOUND', 'this server has no ffmpeg to paint boxes into clips');
    const { res } = ctx;
    // Before anything is waited for: whoever leaves meanwhile leaves no place taken.
    begin(res, underWay, boxes !== undefined && ctx.method !== 'HEAD');
    const range = await readClipRange(stream, query, { media, limit: clipLimit });
    const { state } = stream;
    const epoch = state?.stream.epoch ?? '';
    const open = state === undefined ? [] : listedOpenParts(state).map((part) => ({ ...part, epoch }));
    const reach = { from: boxes ? range.from - LOOK_BACK : range.from, to: range.to };
    const segments = await media.segments(stream, reach);
    const clip = await cutClip(storage, { name: stream.name, segments, open }, range);
    const seen = boxes ? await objectsIn(storage, stream, { ...reach, segments }) : [];
    // With nothing to paint it goes out as it is.
    const paint = seen.length > 0 ? clipPainter : undefined;
    const start = toIsoDate(clip.date).replace(/:/g, '-');
    const answer = (body?: Readable) => {
      ctx.status = 200;
      ctx.type = 'video/mp4';
      ctx.set('Content-Disposition', `attachment; filename="${stream.name}-${start}.mp4"`);
      ctx.set('Cache-Control', 'no-store');
      ctx.set('Accept-Ranges', 'none');
      if (body !== undefined) ctx.body = body;
      // How long one with boxes becomes is known at its end.
      if (paint === undefined) ctx.length = clip.length;
    };
    if (ctx.method === 'HEAD') return answer();
    const body =
      boxes && paint
        ? await paint({ ...clip, ...boxes, clip: clip.chunks(), seen })
        : Readable.from(clip.chunks(), { objectMode: false });
    // The head is sent: all that can be said of a failure is to break off.
    body.once('error', () => res.destroy());
    if (res.destroyed) body.destroy();
    else res.once('close', () => body.destroy());
    answer(body);
  });
}

/** Counts a clip until its answer has ended. @throws HlsStreamError CLIPS_BUSY */
function begin(res: ServerResponse, underWay: { all: number; painted: number }, isPainted: boolean): void {
  if (underWay.all >= AT_ONCE || (isPainted && underWay.painted >= PAINTED_AT_ONCE))
    throw new HlsStreamError(
      'CLIPS_BUSY',
      `${isPainted ? 'a clip with boxes is' : `${AT_ONCE} clips are`} being made already; try again in a moment`,
    );
  underWay.all += 1;
  if (isPainted) underWay.painted += 1;
  // 'close' comes at the end of every answer, whole or broken off, over HTTP/1.1 and HTTP/2 alike.
  res.once('close', () => {
    underWay.all -= 1;
    if (isPainted) underWay.painted -= 1;
  });
}

/** What {@link clipRoutes} adds, as OpenAPI describes it. */
export const clipOperations: readonly Operation[] = [
  {
    path: '/clips/{name}.mp4',
    method: 'get',
    summary:
      'A clip as MP4, nothing encoded anew but for boxes. It begins at the frame shown at "from"; breaks keep their length',
    query: {
      from: 'PTS in seconds, or an ISO 8601 date with zone.',
      to: 'Likewise: the clip ends with the last frame that begins before it.',
      marker: 'Instead of both: the interval of this marker; of an instant 2 s before to 3 s after.',
      filler:
        '"keep": with what was shown while the source was silent; else its last picture stands so long.',
      boxes: '"on": with the boxes of objects painted into its pictures, which are encoded anew.',
      labels: '"off": boxes without labels.',
      score: 'Least score of boxes that are painted, 0 to 1.',
    },
    answers: {
      200: 'video/mp4',
      400: problem,
      404: problem,
      409: problem,
      422: problem,
      501: problem,
      503: problem,
    },
  },
];
