import { type EpochMicroseconds, type Microseconds, systemDate } from '../clock.ts';
import type { Frame, StillPicture } from '../container/frame.ts';
import { lastListed } from '../hls/live-edge.ts';
import {
  initFile,
  listedOpenParts,
  type MediaState,
  mediaFolder,
  partFile,
  segmentFile,
} from '../hls/playlist-log.ts';
import type { Storage } from '../storage/storage.ts';

/** What a process before this one listed last. */
export interface LastShown {
  /** The last picture, or a black one where it cannot be had. */
  readonly frame: Frame;
  /** How long ago it was shown, or how long a silence lasts that was filled with it. */
  readonly ago: Microseconds;
  /** It fills a silence already, and is the slate of it. */
  readonly slate: boolean;
}

/**
 * Finds what was shown last; rejects with STORAGE_*.
 * @param decode the last picture of an init segment and what follows it
 */
export async function lastShown(
  state: MediaState,
  storage: Storage,
  decode: (media: Buffer) => Promise<StillPicture | undefined>,
  now: EpochMicroseconds = systemDate(),
): Promise<LastShown> {
  const parts = listedOpenParts(state);
  const last = lastListed(state);
  const shown = parts.at(-1) ?? state.segments.findLast(({ filler }) => filler?.kind !== 'gap');
  const { width = 16, height = 16 } = state.init ?? {};
  const since = last?.filler?.since ?? (last === undefined ? now : last.date + last.duration);
  let picture: StillPicture = {
    width,
    height,
    data: new Uint8Array(width * height * 4),
  };
  if (shown !== undefined) {
    const files =
      parts.length > 0 ? parts.map(({ part }) => partFile(shown.msn, part)) : [segmentFile(shown.msn)];
    const folder = mediaFolder(state.stream.name, state.stream.epoch);
    const read = [initFile(shown.run), ...files].map((file) => storage.read(`${folder}/${file}`));
    const chunks = (await Promise.all(read)).filter((chunk) => chunk !== undefined);
    if (chunks.length === read.length) picture = (await decode(Buffer.concat(chunks))) ?? picture;
  }
  return {
    frame: { ...picture, pts: 0, capturedAt: since },
    ago: Math.max(0, now - since),
    slate: shown?.filler?.kind === 'slate',
  };
}
