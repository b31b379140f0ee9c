import { gzipSync } from 'node:zlib';
import type { Directives } from '../../hls/blocking-reload.ts';
import { firstOfDelta, skipsDiscontinuity } from '../../hls/media-playlist.ts';
import type { TextResponse } from '../http/text-response.ts';
import type { LiveMedia } from '../live/live-media.ts';

/**
 * When a Playlist Delta Update is the answer to who asks for one. `auto`: not while it would skip an
 * EXT-X-DISCONTINUITY, as long as the whole list is small. `on`: always. `off`: never, and none is announced.
 */
export type DeltaUpdates = 'auto' | 'on' | 'off';

/** Up to this many bytes, gzipped, a whole list is small: what a second of video or less takes. */
const SMALL = 64 * 1024;

/** The size of a list is looked at again after so many segments. */
const LOOK_EVERY = 64;

/**
 * Decides which answers are Playlist Delta Updates. The standard lets a server send the whole list in place of
 * one (rfc8216bis §6.2.5.1), and that is kinder beside a discontinuity: hls.js before 1.6.3 numbers those of a
 * delta from its first listed segment, forgets the open segment when it corrects that, and stalls or never starts.
 */
export class DeltaRule {
  readonly #mode: DeltaUpdates;
  readonly #sizes = new WeakMap<LiveMedia, { readonly looked: number; readonly small: boolean }>();

  constructor(mode: DeltaUpdates) {
    this.#mode = mode;
  }

  /** Whether playlists say that there are delta updates. */
  get announced(): boolean {
    return this.#mode !== 'off';
  }

  /**
   * What is skipped for who asks so: that, or nothing. `whole` makes the whole list. Who waits for a segment knows of
   * those before it and no others: where so many came at once that it would be skipped, all are new.
   */
  skip(media: LiveMedia, { skip: asked, msn }: Directives, whole: () => TextResponse): Directives['skip'] {
    if (this.#mode === 'off' || asked === undefined) return undefined;
    if (msn !== undefined && msn < firstOfDelta(media.state)) return undefined;
    if (this.#mode === 'on' || !skipsDiscontinuity(media.state)) return asked;
    return this.#isSmall(media, whole) ? undefined : asked;
  }

  #isSmall(media: LiveMedia, whole: () => TextResponse): boolean {
    // Other API processes look at the same segments, so all of them decide alike.
    const looked = Math.floor(media.state.nextMsn / LOOK_EVERY);
    let size = this.#sizes.get(media);
    if (size?.looked !== looked) {
      size = { looked, small: gzippedSize(whole().bytes) <= SMALL };
      this.#sizes.set(media, size);
    }
    return size.small;
  }
}

const SAMPLE = 64 * 1024;
const SLICES = 8;

/**
 * About how many bytes the gzip of a playlist takes, in a millisecond: beyond 64 KiB from slices of it, which for
 * text that repeats itself comes out up to a tenth too high.
 */
function gzippedSize(text: Buffer): number {
  if (text.length <= SAMPLE) return gzipSync(text).length;
  const length = SAMPLE / SLICES;
  const step = (text.length - length) / (SLICES - 1);
  const slices = Array.from({ length: SLICES }, (_, index) => {
    const from = Math.floor(index * step);
    return text.subarray(from, from + length);
  });
  return (gzipSync(Buffer.concat(slices)).length / SAMPLE) * text.length;
}
