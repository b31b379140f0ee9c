import { dateOf, toIsoDate, toSeconds } from '../../clock.ts';
import { fillerRanges, presentFiller } from '../../hls/filler-ranges.ts';
import { lastListed, liveEdge } from '../../hls/live-edge.ts';
import { listedOpenParts, type MediaState } from '../../hls/playlist-log.ts';
import { retainedFrom } from '../../hls/retained-log.ts';
import type { StreamJson } from '../../hls/stream-json.ts';
import type { LiveStream } from '../live/live-stream.ts';

/**
 * A stream as `GET /streams` and the event stream write it; undefined before it was announced.
 * @param clipLimit length of the longest clip, in seconds
 * @param prefix what its paths begin with
 */
export function streamJson(stream: LiveStream, clipLimit: number, prefix: string): StreamJson | undefined {
  const { media, name, status, waitingFor } = stream;
  if (media === undefined) return undefined;
  const { state } = media;
  const { epoch, startedAt, targetDuration, partTarget, holdBack, partHoldBack, window } = media.stream;
  const open = listedOpenParts(state);
  const first = state.segments[0] ?? open[0];
  const last = lastListed(state);
  const edge = liveEdge(state);
  const shape = state.init;
  return {
    name,
    ...(prefix === '' ? {} : { prefix }),
    epoch,
    status,
    ...(waitingFor && { waitingFor }),
    playlist: `${prefix}/video/${name}.m3u8`,
    startedAt: toIsoDate(startedAt),
    targetDuration: toSeconds(targetDuration),
    partTarget: toSeconds(partTarget),
    holdBack: toSeconds(holdBack),
    partHoldBack: toSeconds(partHoldBack),
    window: toSeconds(window),
    width: shape?.width ?? null,
    height: shape?.height ?? null,
    frameRate: shape?.frameRate ?? null,
    start: first === undefined ? null : toSeconds(first.pts),
    ...keptJson(stream),
    edge: edge === undefined ? null : toSeconds(edge),
    startDate: first === undefined ? null : toIsoDate(first.date),
    edgeDate: last === undefined || edge === undefined ? null : toIsoDate(dateOf(last, edge)),
    thumbnails:
      media.thumbnails.state.layout === undefined ? null : `${prefix}/streams/${name}/thumbnails.json`,
    clips: `${prefix}/clips/${name}.mp4`,
    clipLimit,
    ...(stream.hasObjects && { objects: true as const }),
    ...fillerJson(state),
    ...(stream.problems.length > 0 && { problems: stream.problems }),
  };
}

/** Where what is kept begins; nothing where the Media Playlist lists all of it. */
function keptJson({ retained: { state }, media }: LiveStream): Pick<StreamJson, 'keptFrom' | 'keptFromDate'> {
  const [oldest] = state.pages;
  const from = retainedFrom(state);
  const listed = media?.state.segments[0]?.pts ?? Number.POSITIVE_INFINITY;
  if (oldest === undefined || from === undefined || from >= listed) return {};
  // A page goes as a whole.
  return { keptFrom: toSeconds(from), keptFromDate: toIsoDate(oldest.date) };
}

/** How many stretches of filler are told of. */
const MOST_RANGES = 200;

/** The filler of a stream's window; nothing where there is none. */
function fillerJson(state: MediaState): Pick<StreamJson, 'inputLoss' | 'filler'> {
  const present = presentFiller(state);
  const ranges = fillerRanges(state).slice(-MOST_RANGES);
  return {
    ...(present && { inputLoss: { kind: present.kind, since: toIsoDate(present.since) } }),
    ...(ranges.length > 0 && {
      filler: ranges.map(({ kind, since, pts, duration, date }) => ({
        ...{ kind, since: toIsoDate(since), start: toSeconds(pts), end: toSeconds(pts + duration) },
        ...{ startDate: toIsoDate(date), endDate: toIsoDate(date + duration) },
      })),
    }),
  };
}
