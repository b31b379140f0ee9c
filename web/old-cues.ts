import type { VideoJsPlayer } from './video-js.ts';

/** How far behind the playhead a note on a segment is kept, in seconds. */
const KEPT = 10;

/**
 * Drops what VHS notes of every Partial Segment it has loaded, once that is past: nobody reads those notes,
 * and each holds nodes of the document for as long as the page is open.
 */
export function dropOldCues(player: VideoJsPlayer, time: number): void {
  for (const track of Array.from(player.textTracks())) {
    if (track.label !== 'segment-metadata') continue;
    for (const cue of Array.from(track.cues ?? [])) {
      if (cue.endTime < time - KEPT) track.removeCue(cue);
    }
  }
}
