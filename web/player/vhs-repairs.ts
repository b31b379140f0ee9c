import { answerInTurn } from './vhs-answers.ts';
import { appendInitOnce } from './vhs-init.ts';
import { listedDuration, type VhsPlaylist } from './vhs-playlist.ts';
import { keepRunsInPlace } from './vhs-runs.ts';
import type { VideoJsTech } from './video-js.ts';

/** What VHS 3.17 does not do by itself, and where it is helped. */

/** Sets VHS up before it loads the playlists of a source; does nothing where the system plays HLS by itself. */
export function prepareVhs(vhs: VideoJsTech['vhs']): void {
  if (vhs === undefined) return;
  const { playlists, playlistController_: controller } = vhs;
  // It would note every Partial Segment and every attribute of every Date Range as cues of text tracks that nobody
  // reads, and the browser keeps nodes for each for as long as the page is open.
  const loader = controller?.mainSegmentLoader_;
  if (loader !== undefined) {
    loader.segmentMetadataTrack_ = undefined;
    appendInitOnce(loader);
    if (loader.transmuxer_ !== undefined) answerInTurn(loader.transmuxer_);
  }
  if (playlists !== undefined) playlists.addDateRangesToTextTrack_ = undefined;
  if (controller !== undefined) {
    keepOnlyPlaylist(controller);
    keepRunsInPlace(controller);
  }
  const begin = () => {
    // The Multivariant Playlist comes first.
    const list = playlists?.media();
    if (list === undefined) return;
    playlists?.off('loadedplaylist', begin);
    const from = startPoint(list);
    if (from !== undefined) list.start = { timeOffset: from };
  };
  playlists?.on('loadedplaylist', begin);
}

/**
 * Ten times media in a row that was there already, and VHS gives the playlist up for good, also the only one there is:
 * the picture stands until the page is loaded anew. For a while is enough: the only one it then tries again.
 */
function keepOnlyPlaylist(
  controller: NonNullable<NonNullable<VideoJsTech['vhs']>['playlistController_']>,
): void {
  const exclude = controller.excludePlaylist?.bind(controller);
  if (exclude === undefined) return;
  controller.excludePlaylist = (of) =>
    exclude(of.error?.message?.startsWith(EXCESSIVE) ? { ...of, playlistExclusionDuration: RETRY } : of);
}

/** How VHS's message begins then. */
const EXCESSIVE = 'Excessive';
/** For how long then, in seconds. */
const RETRY = 5;

/** VHS stops its loader at each playlist of a paused live video, also when a seek still waits for media. */
export function goOnLoading(vhs: VideoJsTech['vhs'], { paused, readyState }: HTMLVideoElement): void {
  if (paused && readyState < HTMLMediaElement.HAVE_CURRENT_DATA) vhs?.playlistController_?.load();
}

/** Nearer to the end than this, in seconds, playback that has run dry is over. */
const LAST = 0.5;

/**
 * Ends playback that stands at the end of an ended stream. VHS looks for the end only when it appends a segment: if
 * EXT-X-ENDLIST comes after the last one, it waits for more for ever.
 * @param end where the listed media ends, in seconds of player time
 */
export function endAtEnd(vhs: VideoJsTech['vhs'], video: HTMLVideoElement, end: number): void {
  if (vhs?.playlists?.media()?.endList !== true || video.paused || video.seeking) return;
  const ranDry = video.readyState <= HTMLMediaElement.HAVE_CURRENT_DATA;
  if (ranDry && end - video.currentTime < LAST) vhs.playlistController_?.mainSegmentLoader_?.endOfStream();
}

/** Into the segment, so that rounding does not begin in the one before. Seconds. */
const MARGIN = 0.001;

/**
 * Where to begin playing a low-latency playlist: the beginning of the segment that lies PART-HOLD-BACK behind the
 * live edge, in seconds from the first one listed; undefined without parts. Pure.
 *
 * VHS 3.17 begins with the part that lies there, which is seldom an INDEPENDENT one, and then shows nothing until
 * the next segment begins. From the segment's own IDR frame on there is a picture at once.
 */
export function startPoint({
  segments = [],
  partTargetDuration,
  serverControl,
}: VhsPlaylist): number | undefined {
  const partHoldBack = serverControl?.partHoldBack;
  if (partTargetDuration === undefined || partHoldBack === undefined) return undefined;
  let end = segments.reduce((sum, segment) => sum + listedDuration(segment), 0);
  const aim = end - partHoldBack;
  for (const segment of segments.toReversed()) {
    end -= listedDuration(segment);
    if (end <= aim) return end + MARGIN;
  }
  return undefined;
}
