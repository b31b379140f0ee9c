import { z } from 'zod';
import { faultOfMarkerData } from '../../hls/marker-data.ts';
import {
  DEFAULT_CLASS,
  LONGEST_DURATION,
  LONGEST_TEXT,
  MARKER_CLASS,
  MARKER_ID,
  markerFaults,
  RESERVED_IDS,
} from '../../hls/marker-rules.ts';

/** No time of a source is further from 0, in seconds. */
const FURTHEST_SOURCE_PTS = 8e9;

const markerId = z
  .string()
  .regex(MARKER_ID, { error: markerFaults.id })
  .refine((id) => !RESERVED_IDS.includes(id), { error: markerFaults.reservedId });

const markerClass = z.string().regex(MARKER_CLASS, { error: markerFaults.class });

const text = z
  .string()
  .min(1, { error: markerFaults.emptyText })
  .max(LONGEST_TEXT, { error: markerFaults.longText })
  .describe('Plain text, never HTML.');

const duration = z
  .number()
  .min(0, { error: markerFaults.negativeDuration })
  .max(LONGEST_DURATION, { error: markerFaults.longDuration })
  .describe('Seconds; 0 for an instant.');

const data = z
  .record(z.string(), z.unknown())
  .superRefine((value, context) => {
    const message = faultOfMarkerData(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe('Any facts, at most 4 KiB as JSON, 16 deep, 1000 values.');

const streamPts = z.number().min(0).optional().describe('Seconds on the stream’s own clock (PTS).');

/** The fields that say where something is, one of which is given. */
const place = {
  time: streamPts,
  date: z.string().optional().describe('ISO 8601 with zone; instead of time. With neither: the live edge.'),
  sourcePts: z
    .number()
    .min(-FURTHEST_SOURCE_PTS, { error: 'is no time' })
    .max(FURTHEST_SOURCE_PTS, { error: 'is no time' })
    .optional()
    .describe('Seconds on the source’s own clock; a frame not packaged yet is waited for, 10 s at most.'),
  frame: z
    .number()
    .int({ error: 'is not a whole number' })
    .min(0, { error: 'is negative' })
    .optional()
    .describe(
      'Number of a frame written to standard input: its seq, or counted from 0. It is waited for likewise.',
    ),
};

/** A marker to be made: body of `POST /markers`, alone or in an array. */
export const newMarker = z
  .strictObject({
    ...place,
    duration: duration.nullable().default(0).describe('Seconds; 0 for an instant, null while it goes on.'),
    text,
    class: markerClass.default(DEFAULT_CLASS),
    data: data.default({}),
    id: markerId.optional().describe('Made up if not given.'),
  })
  .superRefine(({ time, date, sourcePts, frame }, context) => {
    const names = given({ time, date, sourcePts, frame });
    if (names.length < 2) return;
    context.addIssue({ code: 'custom', message: `${names.join(' and ')} came together; give one` });
  });

function given(fields: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(fields).filter((name) => fields[name] !== undefined);
}

/** Objects of a frame to be made known: body of `POST /objects`, alone or as `frames`. */
export const newObjects = z
  .strictObject({
    pts: streamPts.describe('As time.'),
    ...place,
    date: place.date.describe('ISO 8601 with zone, to the millisecond.'),
    source: z
      .string()
      .regex(MARKER_CLASS, { error: markerFaults.class })
      .default('api')
      .describe('Who says so. Said again of the same frame it takes the place of what it said before.'),
    objects: z
      .array(z.unknown())
      .describe('As in an answer, at most 256; none for a frame that was looked at and shows nothing.'),
  })
  .superRefine(({ pts, time, date, sourcePts, frame }, context) => {
    const names = given({ pts, time, date, sourcePts, frame });
    if (names.length === 1) return;
    const message =
      names.length === 0
        ? 'does not say which frame is meant; give pts, time, date, sourcePts or frame'
        : `${names.join(' and ')} came together; give one`;
    context.addIssue({ code: 'custom', message });
  });

/** What is to change: body of `PATCH /markers/{id}`. */
export const markerChanges = z
  .strictObject({
    text: text.optional(),
    class: markerClass.optional(),
    duration: duration.optional(),
    data: data.optional(),
    close: z
      .union([z.literal(true), z.number().min(0)])
      .optional()
      .describe('Ends a marker that goes on: at this time in seconds, or (true) at the live edge.'),
  })
  .refine((changes) => Object.keys(changes).length > 0, { error: 'there is nothing to change' })
  .refine(({ close, duration: given }) => close === undefined || given === undefined, {
    error: 'close and duration came together; give one',
  });
