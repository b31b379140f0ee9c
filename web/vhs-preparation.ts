import { startPoint } from './start-point.ts';
import type { VideoJsTech } from './video-js.ts';

/** Sets VHS up before it loads the playlists of a source; does nothing where the system plays HLS by itself. */
export function prepareVhs(vhs: VideoJsTech['vhs']): void {
  if (vhs === undefined) return;
  const { playlists, playlistController_: controller } = vhs;
  // It would note every Partial Segment as a cue of a text track that nobody reads, and the browser keeps nodes
  // for each for as long as the page is open.
  if (controller?.mainSegmentLoader_) controller.mainSegmentLoader_.segmentMetadataTrack_ = undefined;
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
