import { Readable } from 'node:stream';
import type Router from '@koa/router';
import { toIsoDate } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { listedOpenParts } from '../../hls/playlist-log.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Operation, problem } from '../http/operation.ts';
import type { RetainedMedia } from '../live/retained-media.ts';
import { cutClip } from './clip.ts';
import { readClipRange } from './clip-range.ts';
import type { StreamOf } from './stream-of.ts';

/** How many clips a process cuts or sends at once; more get 503. */
const AT_ONCE = 8;

/** What {@link clipRoutes} needs. */
export interface ClipRoutesOptions {
  readonly streamOf: StreamOf;
  readonly storage: Storage;
  readonly media: RetainedMedia;
  /** Length of the longest clip, in seconds. */
  readonly clipLimit: number;
}

/** Adds `/clips/:name.mp4`. */
export function clipRoutes(router: Router, { streamOf, storage, media, clipLimit }: ClipRoutesOptions): void {
  let underWay = 0;
  router.get('/clips/:name.mp4', async (ctx) => {
    const stream = streamOf(ctx);
    const range = await readClipRange(stream, new URLSearchParams(ctx.querystring), {
      ...{ media, limit: clipLimit },
    });
    if (underWay >= AT_ONCE)
      throw new HlsStreamError(
        'CLIPS_BUSY',
        `${AT_ONCE} clips are being made already; try again in a moment`,
      );
    underWay += 1;
    let body: Readable | undefined;
    const { res } = ctx;
    // 'close' comes at the end of every answer, whole or broken off, over HTTP/1.1 and HTTP/2 alike.
    res.once('close', () => {
      underWay -= 1;
      body?.destroy();
    });
    const { state } = stream;
    const epoch = state?.stream.epoch ?? '';
    const open = state === undefined ? [] : listedOpenParts(state).map((part) => ({ ...part, epoch }));
    const segments = await media.segments(stream, range);
    const clip = await cutClip(storage, { name: stream.name, segments, open }, range);
    const start = toIsoDate(clip.date).replace(/:/g, '-');
    ctx.status = 200;
    ctx.type = 'video/mp4';
    ctx.set('Content-Disposition', `attachment; filename="${stream.name}-${start}.mp4"`);
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Accept-Ranges', 'none');
    if (ctx.method === 'HEAD') {
      ctx.length = clip.length;
      return;
    }
    body = Readable.from(clip.chunks(), { objectMode: false });
    // The head is sent: all that can be said of a failure is to break off.
    body.once('error', () => res.destroy());
    ctx.body = body;
    ctx.length = clip.length;
  });
}

/** What {@link clipRoutes} adds, as OpenAPI describes it. */
export const clipOperations: readonly Operation[] = [
  {
    path: '/clips/{name}.mp4',
    method: 'get',
    summary:
      'A clip as MP4, nothing encoded anew. It begins at the frame shown at "from"; breaks keep their length',
    query: {
      from: 'PTS in seconds, or an ISO 8601 date with zone.',
      to: 'Likewise: the clip ends with the last frame that begins before it.',
      marker: 'Instead of both: the interval of this marker; of an instant 2 s before to 3 s after.',
      filler:
        '"keep": with what was shown while the source was silent; else its last picture stands so long.',
    },
    answers: { 200: 'video/mp4', 400: problem, 404: problem, 409: problem, 422: problem, 503: problem },
  },
];
