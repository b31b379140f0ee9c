import { z } from 'zod';
import type { ObjectsEventJson, ObjectsFileJson } from '../../hls/frame-objects.ts';
import type { MarkerJson } from '../../hls/marker-query.ts';
import type { StreamJson } from '../../hls/stream-json.ts';

/** The shapes of what goes over the wire as JSON: bodies are checked by them, and OpenAPI is made from them. */

export { markerChanges, newMarker, newObjects } from './marker-schemas.ts';

/** A marker as it is answered. */
export const marker = z.object({
  id: z.string(),
  stream: z.string(),
  time: z.number().describe('Seconds of stream PTS, exact to the microsecond.'),
  date: z.iso.datetime(),
  duration: z.number().nullable(),
  text: z.string(),
  class: z.string(),
  source: z.string().describe('Who wrote it: a detector, or "api".'),
  data: z.record(z.string(), z.unknown()),
  mediaGone: z.literal(true).optional().describe('What it points to is not kept any more.'),
}) satisfies z.ZodType<MarkerJson>;

/** Answer of `GET /markers`. */
export const markerList = z.object({
  markers: z.array(marker),
  next: z.string().nullable().describe('Token of the next page.'),
  cursor: z.string().describe('Where /markers/events goes on after this answer.'),
});

/** A share of the picture's width or height. */
const share = z.number().min(0).max(1);

/** What one source says of one frame. */
const frameObjects = z.object({
  pts: z.number().describe('Seconds of stream PTS, exact to the microsecond.'),
  source: z
    .string()
    .describe('A detector, "input" for what came with the frame, or the name it was posted with.'),
  objects: z
    .array(
      z.object({
        label: z.string(),
        score: share.optional(),
        track: z.string().optional(),
        class: z.string().optional(),
        box: z.tuple([share, share, share, share]).readonly().describe('Left, top, width, height.'),
        outline: z
          .array(z.tuple([share, share]).readonly())
          .readonly()
          .optional(),
      }),
    )
    .readonly(),
});

/** The objects of a Media Segment's frames, ascending by PTS. */
export const objectsFile = z.object({
  version: z.literal(1),
  frames: z.array(frameObjects).readonly(),
}) satisfies z.ZodType<ObjectsFileJson>;

/** Data of an event of `GET /objects/events`. */
export const objectsEvent = z.object({
  epoch: z.string(),
  frames: z.array(frameObjects).readonly(),
}) satisfies z.ZodType<ObjectsEventJson>;

/** Where objects went. */
export const placedObjects = z.object({ pts: z.number(), source: z.string() });

/** What is shown while the source is silent, and since when it is. */
const filler = {
  kind: z
    .enum(['slate', 'repeat', 'gap'])
    .describe('The last picture darkened with a text, the last picture as it was, or EXT-X-GAP.'),
  since: z.iso.datetime().describe('Date of the last picture before the silence.'),
};

/** Why a process of a stream does not work. */
export const problem = z.object({
  process: z.string().describe('Which process: "stream" (source and encoder), or "detect" and its detector.'),
  code: z.string().describe('Stable, for programs.'),
  message: z.string().describe('What is wrong and what to do, in one line; passwords are masked.'),
  since: z.iso.datetime().describe('When it came first.'),
  times: z.number().describe('How often it has come since then; it is tried again all the time.'),
});

/** One stream in `GET /streams`; times in seconds. */
export const stream = z.object({
  name: z.string(),
  epoch: z.string(),
  status: z.enum(['starting', 'live', 'stalled', 'ended']),
  waitingFor: z
    .enum(['source', 'encoder', 'store'])
    .optional()
    .describe('What a stream without new media waits for, where that is known.'),
  prefix: z
    .string()
    .optional()
    .describe('Path prefix that the paths here begin with, where a proxy shows the server below one.'),
  playlist: z.string().describe('Path of the Multivariant Playlist.'),
  startedAt: z.iso.datetime(),
  targetDuration: z.number(),
  partTarget: z.number(),
  holdBack: z.number().describe('HOLD-BACK of its playlists: how far behind the edge to play without parts.'),
  partHoldBack: z
    .number()
    .describe('PART-HOLD-BACK of its playlists: how far behind the edge to play with them.'),
  window: z.number().describe('How far back one can seek.'),
  width: z.number().nullable(),
  height: z.number().nullable(),
  frameRate: z.number().nullable(),
  start: z.number().nullable().describe('PTS of the oldest frame that can be played.'),
  edge: z.number().nullable().describe('PTS where the newest media ends.'),
  startDate: z.iso.datetime().nullable(),
  keptFrom: z
    .number()
    .optional()
    .describe(
      'Where what is kept begins, in seconds of PTS; missing where the Media Playlist lists all of it.',
    ),
  keptFromDate: z.iso.datetime().optional(),
  edgeDate: z.iso.datetime().nullable(),
  thumbnails: z.string().nullable().describe('Path of the list of thumbnails; null where none are made.'),
  clips: z.string().describe('Path that gives clips.'),
  clipLimit: z.number().describe('Length of the longest clip.'),
  objects: z
    .literal(true)
    .optional()
    .describe('There were objects in this epoch: boxes and outlines in frames.'),
  inputLoss: z
    .object(filler)
    .optional()
    .describe('There while the source is silent and what is listed is not its pictures; see --input-loss.'),
  filler: z
    .array(
      z.object({
        ...filler,
        ...{ start: z.number(), end: z.number() },
        ...{ startDate: z.iso.datetime(), endDate: z.iso.datetime() },
      }),
    )
    .optional()
    .describe(
      'Where the window shows no pictures of the source, oldest first: the newest 200 such stretches.',
    ),
  problems: z.array(problem).optional().describe('What does not work now; missing while all does.'),
}) satisfies z.ZodType<StreamJson>;

/** Answer of `GET /streams`. */
export const streamList = z.object({
  default: z.string(),
  mayMark: z.boolean().describe('Whether who asks may write markers.'),
  session: z.literal(true).optional().describe('Who asks reads by a session, and may sign out.'),
  store: z
    .literal('down')
    .optional()
    .describe('The store cannot be reached: nothing new is learnt of any stream.'),
  streams: z.array(stream),
  starting: z
    .array(z.object({ name: z.string(), problems: z.array(problem) }))
    .optional()
    .describe(
      'Streams that have nothing to show yet because something does not work; missing if there are none.',
    ),
});

/** Answer of `GET /streams/{name}/thumbnails.json`; see `ThumbnailListJson`. */
export const thumbnailList = z.object({
  width: z.number().describe('Of a tile, in pixels.'),
  height: z.number(),
  columns: z.number().describe('Tiles side by side on a sheet.'),
  rows: z.number(),
  interval: z.number().describe('Seconds from tile to tile.'),
  sheets: z.array(
    z.object({
      uri: z.string().describe('Path of the sheet, a JPEG.'),
      tiles: z.array(
        z.object({
          time: z.number().describe('Seconds of stream PTS, exact to the microsecond.'),
          date: z.iso.datetime(),
        }),
      ),
    }),
  ),
});

/** Body of `POST /sign-in`. */
export const signingIn = z.strictObject({ token: z.string().min(1).max(512) });

/** Body of `POST /sign`. */
export const signing = z.strictObject({
  path: z
    .string()
    .max(1000)
    .regex(/^\/(?!\/)[\x21\x22\x24-\x7e]*$/, { error: 'is not a path of this server' })
    .describe('Path and query, without a signature; the signature opens the stream that it names, or all.'),
  for: z
    .number()
    .min(1)
    .max(31_536_000, { error: 'is longer than a year' })
    .describe('How long the signature holds, in seconds.'),
});

/** Answer of `POST /sign`. */
export const signed = z.object({
  path: z.string().describe('The path with its signature; what it leads to by relative paths has it, too.'),
  expires: z.iso.datetime(),
});

/** Body of every error. */
export const errorAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    path: z.string().optional().describe('JSON pointer to what is wrong in the body.'),
  }),
});

/** Answer of `GET /healthz` and of `GET /readyz`. */
export const health = z.object({
  status: z.enum(['ok', 'not ready']),
  reasons: z
    .array(z.string())
    .optional()
    .describe('Why it is not ready, and what else does not work; missing while all does.'),
});
