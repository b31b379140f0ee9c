import { dateOf, type EpochMicroseconds, type Microseconds, toSeconds } from '../../clock.ts';
import {
  readDescription,
  readSamples,
  type Sample,
  type SampleDescription,
} from '../../container/fmp4-samples.ts';
import { writeMp4Head } from '../../container/mp4-writer.ts';
import { HlsStreamError } from '../../errors.ts';
import { initFile, mediaFolder, type PartEntry, partFile, segmentFile } from '../../hls/playlist-log.ts';
import type { RetainedSegment } from '../../hls/retained-page.ts';
import type { Storage } from '../../storage/storage.ts';
import type { ClipRange } from './clip-range.ts';

/** A stretch of media with the frames of it that go into a clip. */
interface Source {
  readonly file: string;
  samples: Sample[];
  /** Its bytes, where the file may be gone before it is sent: parts of the open segment. */
  readonly bytes?: Buffer;
}

/** What a clip is cut from. */
export interface ClipMedia {
  /** Name of the stream. */
  readonly name: string;
  readonly segments: readonly RetainedSegment[];
  /** Parts of the open segment. */
  readonly open: readonly (PartEntry & { readonly epoch: string })[];
}

type Piece = RetainedSegment | PartEntry;

/** A clip that is ready to be sent. */
export interface Clip {
  /** In bytes. */
  readonly length: number;
  /** Date of its first frame that is shown. */
  readonly date: EpochMicroseconds;
  /** Of its pictures, in pixels. */
  readonly width: number;
  readonly height: number;
  /** PTS of the frames that are shown, ascending. */
  readonly frames: readonly Microseconds[];
  /** The bytes, a stretch at a time, read as they are asked for. Throws STORAGE_FAILED or NOT_FOUND. */
  chunks(): AsyncGenerator<Buffer>;
}

/**
 * Cuts a clip: from the IDR frame at or before `from` (an edit list hides what is before the frame shown then) to
 * the last frame before `to`, nothing encoded anew. Breaks, and what filled a silence of the source and is left out,
 * keep their real length: the frame before lasts until the next.
 * @throws HlsStreamError CLIP_CODEC_CHANGED when the frames cannot be decoded alike; NOT_FOUND when media is gone
 */
export async function cutClip(
  storage: Storage,
  { name, segments: all, open: openParts }: ClipMedia,
  range: ClipRange,
): Promise<Clip> {
  const read = async (file: string) => {
    const bytes = await storage.read(file);
    if (bytes === undefined)
      throw new HlsStreamError('NOT_FOUND', `${file} is gone; it is not kept any longer`);
    return bytes;
  };
  const wanted = ({ filler }: Piece) =>
    filler === undefined || (range.withFiller === true && filler.kind !== 'gap');
  const within = ({ pts, duration }: Piece) => pts < range.to && pts + duration > range.from;
  const segments = all.filter((segment) => within(segment) && wanted(segment));
  const open = openParts.filter(wanted);
  const parts = open.some(within) ? open.filter(({ pts }) => pts < range.to) : [];
  const description = await sharedDescription(
    [...segments, ...parts].map(({ epoch, run }) => `${mediaFolder(name, epoch)}/${initFile(run)}`),
    read,
  );
  const sources: Source[] = [];
  for (const { epoch, msn } of segments) {
    const file = `${mediaFolder(name, epoch)}/${segmentFile(msn)}`;
    sources.push({ file, samples: readSamples(await read(file)) });
  }
  for (const { epoch, msn, part } of parts) {
    const file = `${mediaFolder(name, epoch)}/${partFile(msn, part)}`;
    const bytes = await read(file);
    sources.push({ file, samples: readSamples(bytes), bytes });
  }
  const frames = sources.flatMap(({ samples }) => samples).filter(({ pts }) => pts < range.to);
  // The frame on screen at `from`, or the first after it where `from` is in a break.
  const shown = frames.find(({ pts, duration }) => pts + duration > range.from);
  const idr = shown && frames.findLast(({ pts, independent }) => independent && pts <= shown.pts);
  if (description === undefined || shown === undefined || idr === undefined)
    throw new HlsStreamError('CLIP_OUTSIDE', `there is no frame from ${toSeconds(range.from)} s on`);
  const kept = frames.filter(({ pts }) => pts >= idr.pts);
  for (const source of sources)
    source.samples = source.samples.filter(({ pts }) => pts >= idr.pts && pts < range.to);
  // What filled a silence at the end is no reason to end earlier.
  const leftOut = [...all, ...openParts].filter((one) => within(one) && !wanted(one));
  const ends = Math.max(...leftOut.map(({ pts, duration }) => Math.min(pts + duration, range.to)), 0);
  const track = kept.map(({ pts, duration, size, independent }, index) => ({
    duration: (kept[index + 1]?.pts ?? Math.max(pts + duration, ends)) - pts,
    ...{ size, independent },
  }));
  const { head, length } = writeMp4Head(description, track, shown.pts - idr.pts);
  return {
    length,
    date: dateOfFrame([...segments, ...parts], shown.pts),
    ...{ width: description.width, height: description.height },
    frames: kept.map(({ pts }) => pts).filter((pts) => pts >= shown.pts),
    async *chunks() {
      yield head;
      for (const { file, samples, bytes } of sources) {
        if (samples.length === 0) continue;
        const whole = bytes ?? (await read(file));
        yield Buffer.concat(samples.map(({ offset, size }) => whole.subarray(offset, offset + size)));
      }
    },
  };
}

function dateOfFrame(pieces: readonly Piece[], pts: Microseconds): EpochMicroseconds {
  const piece = pieces.findLast((one) => one.pts <= pts);
  return piece === undefined ? 0 : dateOf(piece, pts);
}

/** The one way in which all frames of these runs are decoded. */
async function sharedDescription(
  inits: readonly string[],
  read: (file: string) => Promise<Buffer>,
): Promise<SampleDescription | undefined> {
  let shared: SampleDescription | undefined;
  for (const init of new Set(inits)) {
    const own = readDescription(await read(init));
    shared ??= own;
    if (own.width !== shared.width || own.height !== shared.height || !own.decoder.equals(shared.decoder)) {
      throw new HlsStreamError(
        'CLIP_CODEC_CHANGED',
        'the picture changed its size or encoding within this range; cut on either side of it',
      );
    }
  }
  return shared;
}
