import { bitRates } from '../../hls/bit-rates.ts';
import {
  hasKeyFrames,
  KEY_FRAMES_FILE,
  keyFrameBytes,
  renderKeyFramePlaylist,
} from '../../hls/key-frame-playlist.ts';
import { type KeyFrameStream, renderMultivariantPlaylist } from '../../hls/multivariant-playlist.ts';
import { type InitEntry, type MediaState, mediaFolder } from '../../hls/playlist-log.ts';
import type { Exchange } from '../http/exchange.ts';
import type { MediaResponses } from '../http/media-responses.ts';
import { TextResponse } from '../http/text-response.ts';
import type { LiveMedia } from '../live/live-media.ts';
import type { LiveState } from '../live/live-state.ts';
import { noStream, notReady, PLAYLIST_TYPE, plainCaching, replaced } from './playlist-responses.ts';

/** What {@link Variants} needs. */
export interface VariantsOptions {
  readonly live: LiveState;
  readonly responses: MediaResponses;
}

/** A text of what was listed when `state` had this version. */
interface Written {
  readonly state: MediaState;
  readonly version: number;
  readonly text: TextResponse;
}

/** Answers for what stands beside the Media Playlist: the Multivariant Playlist and the I-frame playlist. */
export class Variants {
  readonly #options: VariantsOptions;
  readonly #multivariant = new WeakMap<LiveMedia, Written>();
  readonly #keyFrames = new WeakMap<LiveMedia, Written>();

  constructor(options: VariantsOptions) {
    this.#options = options;
  }

  /** `/video/<name>.m3u8` */
  multivariant(exchange: Exchange, name: string): void {
    const stream = this.#options.live.stream(name);
    if (stream === undefined) throw noStream(name);
    const { media } = stream;
    if (media === undefined || media.state.segments.length === 0) throw notReady(name);
    const { init } = media.state;
    if (init === undefined) throw notReady(name);
    const text = written(this.#multivariant, media, () => multivariantText(media, init));
    this.#options.responses.text(exchange, text, PLAYLIST_TYPE, plainCaching(media));
  }

  /** `/video/<name>/<epoch>/main/iframes.m3u8` */
  keyFrames(exchange: Exchange, name: string, epoch: string): void {
    const media = this.#options.live.stream(name)?.media;
    if (media?.stream.epoch !== epoch) throw replaced(name, epoch);
    if (!hasKeyFrames(media.state)) throw notReady(name);
    const text = written(this.#keyFrames, media, () => renderKeyFramePlaylist(media.state));
    this.#options.responses.text(exchange, text, PLAYLIST_TYPE, plainCaching(media));
  }
}

/** Each version is written once, for all who ask; one that reads like the one before keeps its bytes. */
function written(known: WeakMap<LiveMedia, Written>, media: LiveMedia, render: () => string): TextResponse {
  const { state } = media;
  const before = known.get(media);
  if (before?.state === state && before.version === state.version) return before.text;
  const rendered = new TextResponse(render());
  const text = before?.text.tag === rendered.tag ? before.text : rendered;
  known.set(media, { state, version: state.version, text });
  return text;
}

/**
 * BANDWIDTH is what the encoder keeps below, for players do not read it again; yet what another run has listed, with
 * larger pictures perhaps, counts, too. AVERAGE-BANDWIDTH is measured.
 */
function multivariantText({ state, stream }: LiveMedia, init: InitEntry): string {
  const folder = mediaFolder(stream.name, stream.epoch);
  const measured = bitRates(state);
  const bandwidth = Math.max(init.bandwidth, measured?.peak ?? 0);
  const averageBandwidth = Math.min(bandwidth, measured?.average ?? bandwidth);
  return renderMultivariantPlaylist(
    { ...init, bandwidth, averageBandwidth },
    `${folder}/media.m3u8`,
    keyFrameStream(state, init, `${folder}/${KEY_FRAMES_FILE}`),
  );
}

function keyFrameStream(state: MediaState, init: InitEntry, uri: string): KeyFrameStream | undefined {
  const measured = hasKeyFrames(state)
    ? bitRates(state, (segment) => keyFrameBytes(segment) ?? 0)
    : undefined;
  if (measured === undefined) return undefined;
  const bandwidth = Math.max(init.keyFrameBandwidth ?? init.bandwidth, measured.peak);
  return { uri, bandwidth, averageBandwidth: Math.min(bandwidth, measured.average) };
}
