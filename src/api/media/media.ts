import { toMilliseconds, toSeconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { hintedPart } from '../../hls/blocking-reload.ts';
import { initFile, listedOpenParts, mediaFolder, partFile, segmentFile } from '../../hls/playlist-log.ts';
import { sheetFile, thumbnailFolder } from '../../hls/thumbnail-log.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Media, MediaResponses } from '../http/media-responses.ts';
import type { WallClock } from '../http/wall-clock.ts';
import type { LiveMedia } from '../live/live-media.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';
import type { BlockedRequests, Unanswered } from './blocked-requests.ts';
import type { MediaCache } from './media-cache.ts';

/** MIME type of fragmented MP4, init segments included, as players and Apple's tools expect it. */
const MEDIA_TYPE = 'video/mp4';

/** The epoch is part of the URL, so what a URL names never changes. A year is as good as for ever. */
export const IMMUTABLE = 'max-age=31536000, immutable';

/** What {@link MediaFiles} needs. */
export interface MediaFilesOptions {
  readonly live: LiveState;
  readonly cache: MediaCache;
  readonly blocked: BlockedRequests;
  readonly responses: MediaResponses;
  readonly clock: WallClock;
  readonly failed: (error: unknown) => void;
}

/** Answers for init segments, Media Segments and Partial Segments. */
export class MediaFiles {
  readonly #options: MediaFilesOptions;

  constructor(options: MediaFilesOptions) {
    this.#options = options;
  }

  /** `init-<run>.mp4`; of the run's name that is the part which says what is in it. */
  init(exchange: Exchange, name: string, epoch: string, run: string): void {
    this.#stream(name, epoch);
    this.#answer(exchange, name, epoch, initFile(run));
  }

  /** `<msn>.m4s` */
  segment(exchange: Exchange, name: string, epoch: string, msn: number): void {
    this.#stream(name, epoch);
    this.#answer(exchange, name, epoch, segmentFile(msn), msn);
  }

  /** `<msn>.<part>.m4s`; one that was hinted is answered as soon as it is whole (rfc8216bis §6.2.6). */
  part(exchange: Exchange, name: string, epoch: string, msn: number, part: number): void {
    const stream = this.#stream(name, epoch);
    const media = stream.media;
    const file = partFile(msn, part);
    // An epoch that is over hints nothing any more; what was there may still be in storage.
    const verdict = media?.stream.epoch === epoch ? hintedPart(media.state, msn, part) : 'ready';
    if (verdict === 'never') this.#lost(exchange, name, file, this.#isPast(name, epoch, msn));
    else if (verdict === 'ready' || media === undefined) this.#answer(exchange, name, epoch, file, msn);
    else this.#wait(exchange, media, msn, part);
  }

  /** `thumbs-<sheet>-<tiles>.jpg` */
  thumbnails(exchange: Exchange, name: string, epoch: string, sheet: number, tiles: number): void {
    this.#stream(name, epoch);
    const { cache, responses } = this.#options;
    const file = sheetFile(sheet, tiles);
    cache.read(thumbnailFolder(name, epoch), file).then(
      (bytes) => {
        if (bytes === undefined) responses.error(exchange, noSuchMedia(file));
        else responses.media(exchange, immutable(epoch, file, bytes, 'image/jpeg'));
      },
      (error) => responses.error(exchange, error),
    );
  }

  /** Reads what was announced at the live edge since the last time, ahead of the first request. */
  fill(media: LiveMedia): void {
    const { cache, failed } = this.#options;
    const { name, epoch } = media.stream;
    const folder = mediaFolder(name, epoch);
    const wanted = (file: string, msn: number) => {
      if (cache.held(folder, file) === undefined) cache.announce(folder, file, msn).catch(failed);
    };
    const last = media.state.segments.at(-1);
    if (last !== undefined && last.filler?.kind !== 'gap') {
      const parts = last.parts.map((_, part) => partFile(last.msn, part));
      cache.announceWhole(folder, segmentFile(last.msn), parts, last.msn).catch(failed);
      for (const part of parts) wanted(part, last.msn);
    }
    for (const { msn, part } of listedOpenParts(media.state)) wanted(partFile(msn, part), msn);
  }

  #stream(name: string, epoch: string): LiveStream {
    const stream = this.#options.live.stream(name);
    if (stream?.hasEpoch(epoch) === true) return stream;
    throw new HlsStreamError('NOT_FOUND', `there is no stream ${name} with an epoch ${epoch}`);
  }

  #wait(exchange: Exchange, media: LiveMedia, msn: number, part: number): void {
    const { blocked, clock, responses } = this.#options;
    const { name, epoch, targetDuration } = media.stream;
    const file = partFile(msn, part);
    const held = blocked.wait(media, {
      key: file,
      exchange,
      deadline: clock.passed() + toMilliseconds(3 * targetDuration),
      decide: () => {
        if (media.over) return 'never';
        const now = hintedPart(media.state, msn, part);
        return now === 'wait' ? undefined : now;
      },
      answer: (outcome: 'ready' | 'never' | Unanswered) => {
        if (outcome === 'ready') this.#answer(exchange, name, epoch, file, msn);
        else if (outcome === 'never') this.#lost(exchange, name, file, this.#isPast(name, epoch, msn));
        else if (outcome === 'closing')
          responses.error(exchange, new HlsStreamError('NOT_READY', 'this server is going away; try again'));
        else
          responses.error(
            exchange,
            new HlsStreamError('BLOCKED_TOO_LONG', `${file} did not come within three target durations`),
          );
      },
    });
    if (!held)
      throw new HlsStreamError('TOO_MANY_REQUESTS', 'too many requests wait here already; try again');
  }

  #answer(exchange: Exchange, name: string, epoch: string, file: string, msn?: number): void {
    const { cache, responses } = this.#options;
    const folder = mediaFolder(name, epoch);
    const held = cache.held(folder, file);
    const isPast = this.#isPast(name, epoch, msn);
    const answer = (bytes: Buffer | undefined) => {
      if (bytes === undefined) this.#lost(exchange, name, file, isPast);
      else responses.media(exchange, immutable(epoch, file, bytes, MEDIA_TYPE));
    };
    if (held !== undefined) answer(held);
    else
      cache
        .read(folder, file)
        // Who asked before it was there shares what was found then: that denies nothing.
        .then((bytes) => bytes ?? (isPast ? cache.readAnew(folder, file) : undefined))
        .then(answer, (error) => {
          responses.error(exchange, error);
        });
  }

  /** Whether media is behind what is yet to come. Asked before it is read: it may be written meanwhile. */
  #isPast(name: string, epoch: string, msn: number | undefined): boolean {
    const media = this.#options.live.stream(name)?.media;
    return media?.stream.epoch !== epoch || (msn !== undefined && msn < media.state.nextMsn);
  }

  /**
   * 404. What is gone stays away, and so does a part that its segment was closed without: caches may know, or all who
   * wait behind one would ask here, one after the other. What is yet to come may not be denied.
   */
  #lost(exchange: Exchange, name: string, file: string, isPast: boolean): void {
    const media = this.#options.live.stream(name)?.media;
    const caching =
      media !== undefined && isPast ? `max-age=${toSeconds(media.stream.targetDuration)}` : 'no-store';
    this.#options.responses.error(exchange, noSuchMedia(file), caching);
  }
}

function immutable(epoch: string, file: string, bytes: Buffer, type: string): Media {
  return { bytes, type, tag: `"${epoch}-${file}"`, cacheControl: IMMUTABLE, ranges: true };
}

function noSuchMedia(file: string): HlsStreamError {
  return new HlsStreamError('NOT_FOUND', `there is no ${file}, or not any more`);
}
