import { type Microseconds, toMilliseconds, toSeconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { blockingReload, type Directives } from '../../hls/blocking-reload.ts';
import { listedDateRanges, removedDateRanges } from '../../hls/date-range.ts';
import { liveEdge } from '../../hls/live-edge.ts';
import type { DateRangeFacts } from '../../hls/marker-log.ts';
import { renderMediaPlaylist } from '../../hls/media-playlist.ts';
import type { MediaState } from '../../hls/playlist-log.ts';
import { skipBoundary } from '../../hls/stream-log.ts';
import type { Exchange } from '../http/exchange.ts';
import type { MediaResponses } from '../http/media-responses.ts';
import { TextResponse } from '../http/text-response.ts';
import type { WallClock } from '../http/wall-clock.ts';
import type { LiveMedia } from '../live/live-media.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';
import type { BlockedRequests, Unanswered } from './blocked-requests.ts';
import { DeltaRule, type DeltaUpdates } from './delta-rule.ts';
import { notReady, PLAYLIST_TYPE, plainCaching, replaced } from './playlist-responses.ts';

/** What {@link Playlists} needs. */
export interface PlaylistsOptions {
  readonly live: LiveState;
  readonly blocked: BlockedRequests;
  readonly responses: MediaResponses;
  readonly clock: WallClock;
  /** Announce and answer Playlist Delta Updates. */
  readonly deltaUpdates: DeltaUpdates;
  /** Told of every Media Playlist request. */
  readonly viewing: (exchange: Exchange) => void;
}

/** The renderings of one version of a playlist, one for each delta flavour. */
interface Rendered {
  readonly state: MediaState;
  readonly version: number;
  readonly ranges: readonly DateRangeFacts[];
  readonly texts: Map<Directives['skip'], TextResponse>;
}

/** Answers for Media Playlists. Each version is rendered and gzipped once, for all. */
export class Playlists {
  readonly #options: PlaylistsOptions;
  readonly #rendered = new WeakMap<LiveMedia, Rendered>();

  readonly #deltas: DeltaRule;

  constructor(options: PlaylistsOptions) {
    this.#options = options;
    this.#deltas = new DeltaRule(options.deltaUpdates);
  }

  /** `/video/<name>/<epoch>/main/media.m3u8` */
  media(exchange: Exchange, name: string, epoch: string, asked: () => Directives): void {
    const { live, blocked, clock, responses, viewing } = this.#options;
    const stream = live.stream(name);
    const media = stream?.media;
    if (stream === undefined || media?.stream.epoch !== epoch) throw replaced(name, epoch);
    viewing(exchange);
    const directives = asked();
    if (liveEdge(media.state) === undefined) throw notReady(name);
    const verdict = blockingReload(media.state, directives);
    if (verdict === 'ready') {
      this.#answer(exchange, stream, media, directives);
      return;
    }
    if (verdict !== 'wait') throw verdict.reject;
    const { targetDuration } = media.stream;
    const held = blocked.wait(media, {
      key: `${directives.msn}.${directives.part}`,
      exchange,
      // §6.2.5.2: a request that waits longer than three target durations is answered with 503.
      deadline: clock.passed() + toMilliseconds(3 * targetDuration),
      decide: () => {
        if (media.over) return 'over';
        const now = blockingReload(media.state, directives);
        return now === 'wait' ? undefined : now;
      },
      answer: (outcome: 'over' | 'ready' | { reject: HlsStreamError } | Unanswered) => {
        if (outcome === 'over') responses.error(exchange, replaced(name, epoch));
        else if (outcome === 'overdue') responses.error(exchange, tooLong(targetDuration));
        else if (outcome === 'ready') this.#answer(exchange, stream, media, directives);
        else if (outcome === 'closing') this.#answerNow(exchange, stream, media, directives);
        else responses.error(exchange, outcome.reject);
      },
    });
    if (!held)
      throw new HlsStreamError('TOO_MANY_REQUESTS', 'too many requests wait here already; try again');
  }

  #answer(exchange: Exchange, stream: LiveStream, media: LiveMedia, directives: Directives): void {
    const { targetDuration } = media.stream;
    // A blocking URL names the version it waits for, so what it gets may be kept for six target durations
    // (rfc8216bis §6.2.1). That is for caches on the way: a player that asks the same URL again (VHS does, when
    // it has missed a part) must not be given its own old answer.
    const caching =
      directives.msn === undefined || media.state.ended
        ? plainCaching(media)
        : `max-age=0, s-maxage=${toSeconds(6 * targetDuration)}`;
    this.#options.responses.text(exchange, this.#render(stream, media, directives), PLAYLIST_TYPE, caching);
  }

  /** The list as it stands, though it is not what was waited for: this server is going away. */
  #answerNow(exchange: Exchange, stream: LiveStream, media: LiveMedia, directives: Directives): void {
    this.#options.responses.text(
      exchange,
      this.#render(stream, media, directives),
      PLAYLIST_TYPE,
      'no-store',
    );
  }

  #render(stream: LiveStream, media: LiveMedia, asked: Directives): TextResponse {
    const { state } = media;
    const ranges = listedDateRanges(state, stream.markers.state);
    let rendered = this.#rendered.get(media);
    if (
      rendered === undefined ||
      rendered.state !== state ||
      rendered.version !== state.version ||
      rendered.ranges !== ranges
    ) {
      rendered = { state, version: state.version, ranges, texts: new Map() };
      this.#rendered.set(media, rendered);
    }
    const current = rendered;
    const text = (skip: Directives['skip']) => this.#text(current, stream, skip);
    return text(this.#deltas.skip(media, asked, () => text(undefined)));
  }

  #text({ state, ranges, texts }: Rendered, stream: LiveStream, skip: Directives['skip']): TextResponse {
    let text = texts.get(skip);
    if (text === undefined) {
      text = new TextResponse(
        renderMediaPlaylist(state, {
          dateRanges: ranges,
          deltaUpdates: this.#deltas.announced,
          skip,
          removedDateRanges:
            skip === 'v2' ? removedDateRanges(state, stream.markers.state, skipBoundary(state.stream)) : [],
        }),
      );
      texts.set(skip, text);
    }
    return text;
  }
}

function tooLong(target: Microseconds): HlsStreamError {
  return new HlsStreamError(
    'BLOCKED_TOO_LONG',
    `nothing came within three target durations (${toSeconds(3 * target)} s); try again`,
  );
}
