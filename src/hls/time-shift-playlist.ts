import { type Microseconds, toIsoDate, toSeconds } from '../clock.ts';
import { renderDateRange } from './date-range.ts';
import type { DateRangeFacts } from './marker-log.ts';
import { initFile, mediaFolder, segmentFile } from './playlist-log.ts';
import { seconds } from './render.ts';
import type { RetainedSegment } from './retained-page.ts';

/** What a time-shifted playlist is to look like. */
export interface TimeShiftPlaylistOptions {
  /** Name of the stream. */
  readonly name: string;
  /** The longest of the epochs'. */
  readonly targetDuration: Microseconds;
  readonly dateRanges: readonly DateRangeFacts[];
}

/**
 * A Media Playlist of what was, as it will stay (EXT-X-PLAYLIST-TYPE:VOD, rfc8216bis §4.4.3.5): the segments of the live
 * playlist, over runs and epochs. URIs are relative to the Multivariant Playlist's place.
 */
export function renderTimeShiftPlaylist(
  segments: readonly RetainedSegment[],
  { name, targetDuration, dateRanges }: TimeShiftPlaylistOptions,
): string {
  const lines = [
    '#EXTM3U\n#EXT-X-VERSION:6',
    `#EXT-X-TARGETDURATION:${toSeconds(targetDuration)}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.msn ?? 0}`,
    '#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n',
  ];
  const texts = [lines.join('\n'), ...dateRanges.map(renderDateRange)];
  let before: RetainedSegment | undefined;
  for (const segment of segments) {
    const { epoch, run, msn, date, duration, filler } = segment;
    const folder = mediaFolder(name, epoch);
    const sameEpoch = before === undefined || before.epoch === epoch;
    // Where a page is gone in the middle, what follows does not continue what was before it.
    const breaks = before !== undefined && (segment.discontinuity || !sameEpoch || msn !== before.msn + 1);
    if (breaks) texts.push('#EXT-X-DISCONTINUITY\n');
    if (!sameEpoch || before?.run !== run) texts.push(`#EXT-X-MAP:URI="${folder}/${initFile(run)}"\n`);
    texts.push(
      `#EXT-X-PROGRAM-DATE-TIME:${toIsoDate(date)}\n${filler?.kind === 'gap' ? '#EXT-X-GAP\n' : ''}`,
      `#EXTINF:${seconds(duration)},\n${folder}/${segmentFile(msn)}\n`,
    );
    before = segment;
  }
  texts.push('#EXT-X-ENDLIST\n');
  return texts.join('');
}
