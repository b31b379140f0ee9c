import { fromEpochMilliseconds, fromSeconds, type Microseconds } from '../../src/clock.ts';
import { delayed, type RecordedMedia, recordMedia } from './recorded-media.ts';

/** Of the pictures: size in pixels, and how many a second. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
}

/** A stretch of segments that show no pictures of the source. */
interface Silence {
  /** The first of them, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Date of the last picture before, in milliseconds. */
  readonly since: number;
}

/**
 * A stream that was recorded beforehand and is served as if it were live, so that a test can let a minute pass
 * at once, restart the encoder or end the stream at will. Segments of 1 s. Dates in milliseconds since the Unix epoch.
 */
export interface RecordedStream {
  readonly picture: Picture;
  readonly media: RecordedMedia;
  /** How much is listed at a time, in seconds. */
  readonly window: number;
  /** Media of a segment, whose frames have the PTS that the stream has them at. */
  segment(number: number): Buffer;
  /** A whole sheet of thumbnails; undefined where none are made. */
  sheet(): Buffer | undefined;
  /** The stream's own time: it runs with the clock, and jumps when `pass` is called. */
  now(): number;
  /** Lets seconds pass at once: for the playlist, its dates and the server's clock. */
  pass(seconds: number): void;
  /** The encoder dies, and goes on `gap` seconds later after a discontinuity. */
  restart(gap: number): void;
  /** The encoder dies, and is not there again before `goOn` is called. */
  stop(): void;
  goOn(): void;
  /** The source falls silent, and something is shown in the place of its pictures until `find` is called; says since when. */
  lose(): number;
  find(): void;
  /** The source has ended. */
  end(): void;
  readonly hasEnded: boolean;
  /** Date of the frame `tenths` of a second after the first of segment `segment`. */
  dateOf(segment: number, tenths?: number): number;
  /** PTS of what happens at a date. */
  ptsAt(date: number): Microseconds;
  /** Media sequence numbers listed now: the first, and the one after the last. */
  listed(): { first: number; next: number };
  /** Which run of the encoder made a segment, counted from 0. */
  runOf(segment: number): number;
  silenceOf(segment: number): Silence | undefined;
}

/** How much is listed at a time, and how much from the start; in seconds. */
export interface RecordedStreamOptions {
  readonly window?: number;
  readonly listedAtStart?: number;
  readonly picture?: Picture;
  /** How much is recorded before the same pictures come again, in seconds. @default as much as fills a sheet of thumbnails */
  readonly recorded?: number;
}

/** Thumbnails: one each so many seconds, in sheets of columns × rows; sizes in pixels. */
export const THUMBNAILS = { interval: 2, columns: 5, rows: 5, width: 160, height: 90 };

/** Few and small pictures cost little. */
const SMALL: Picture = { width: 320, height: 180, frameRate: 10 };
/** As many as most streams have, of which a few seconds are recorded. */
export const SMOOTH: RecordedStreamOptions = {
  picture: { width: 640, height: 360, frameRate: 30 },
  recorded: 10,
};

/** So many seconds are recorded if nothing else is said, for a whole sheet of thumbnails; then the same pictures come again. */
const RECORDED = THUMBNAILS.interval * THUMBNAILS.columns * THUMBNAILS.rows;
/** PTS of the first frame. */
const FIRST = fromSeconds(1000);

/** Records it; the window is full from the start, unless less is asked for. */
export async function recordStream(options: RecordedStreamOptions = {}): Promise<RecordedStream> {
  const { picture = SMALL, recorded = RECORDED } = options;
  const { width, height, frameRate } = picture;
  const { interval, columns, rows, width: wide, height: high } = THUMBNAILS;
  const tiles = `fps=1/${interval}:round=up,scale=${wide}:${high},tile=${columns}x${rows}`;
  const media = await recordMedia(
    `-f lavfi -i testsrc=size=${width}x${height}:rate=${frameRate}:duration=${recorded}`.split(' '),
    { frameRate, others: (folder) => ['-vf', tiles, '-q:v', '5', '-frames:v', '1', `${folder}/sheet.jpg`] },
  );
  return playRecorded(media, picture, options);
}

/** Plays what was recorded. */
export function playRecorded(
  media: RecordedMedia,
  picture: Picture,
  { window = 120, listedAtStart = window }: Pick<RecordedStreamOptions, 'window' | 'listedAtStart'> = {},
): RecordedStream {
  let shift = 0;
  // The oldest media has left the list already where it is full.
  const begin = Date.now() - (listedAtStart + 5) * 1000;
  const restarts: { at: number; gap: number }[] = [];
  const silences: { from: number; to: number; since: number }[] = [];
  let over: 'stopped' | 'ended' | undefined;
  let last = 0;

  const now = () => Date.now() + shift;
  const gapBefore = (segment: number) =>
    restarts.reduce((sum, { at, gap }) => sum + (segment >= at ? gap : 0), 0);
  const dateOf = (segment: number, tenths = 0) =>
    begin + (segment + gapBefore(segment)) * 1000 + tenths * 100;
  const ptsAt = (date: number) => FIRST + fromEpochMilliseconds(date) - fromEpochMilliseconds(begin);
  function next(): number {
    if (over !== undefined) return last;
    let segment = Math.floor((now() - begin) / 1000);
    while (dateOf(segment - 1) + 1000 > now()) segment -= 1;
    return segment;
  }
  const runOf = (segment: number) => restarts.filter(({ at }) => segment >= at).length;
  /** What is recorded of it: every run of the encoder plays the recording from its beginning. */
  const recordedOf = (segment: number) =>
    (segment - (restarts[runOf(segment) - 1]?.at ?? 0)) % media.segments.length;

  return {
    picture,
    media,
    window,
    segment(number) {
      const recorded = recordedOf(number);
      const by = ptsAt(dateOf(number)) - fromSeconds(recorded);
      return delayed(media.segments[recorded] as Buffer, by);
    },
    sheet: () => media.others.get('sheet.jpg'),
    now,
    pass(passed) {
      shift += passed * 1000;
    },
    restart(gap) {
      restarts.push({ at: next(), gap });
    },
    stop() {
      [last, over] = [next(), 'stopped'];
      restarts.push({ at: last, gap: Number.POSITIVE_INFINITY });
    },
    goOn() {
      if (over !== 'stopped') return;
      restarts.pop();
      restarts.push({ at: last, gap: (now() - dateOf(last)) / 1000 });
      over = undefined;
    },
    lose() {
      const from = next();
      const since = dateOf(from) - 1000 / picture.frameRate;
      silences.push({ from, to: Number.POSITIVE_INFINITY, since });
      return since;
    },
    find() {
      const silence = silences.at(-1);
      if (silence?.to === Number.POSITIVE_INFINITY) silence.to = next();
    },
    end() {
      [last, over] = [next(), 'ended'];
    },
    get hasEnded() {
      return over === 'ended';
    },
    dateOf,
    ptsAt,
    listed() {
      const end = next();
      return { first: Math.max(0, end - window), next: end };
    },
    runOf,
    silenceOf: (segment) => silences.find(({ from, to }) => segment >= from && segment < to),
  };
}
