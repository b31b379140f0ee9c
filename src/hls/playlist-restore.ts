import type { MediaState, PlaylistEntry } from './playlist-log.ts';

/** The entries of the playlist log that make this fold of an empty one. */
export function restoringPlaylist({
  init,
  segments,
  removed,
  nextMsn,
  brokenAt,
  ended,
}: MediaState): PlaylistEntry[] {
  const entries: PlaylistEntry[] = [...(init ? [init] : [])];
  if (brokenAt === nextMsn) entries.push({ type: 'break', msn: brokenAt });
  // Where all have left the list, the last of them says where it goes on.
  entries.push(...(segments.length > 0 ? segments : removed.slice(-1)));
  const before = segments[0]?.msn ?? nextMsn;
  if (before > 0) entries.push({ type: 'removed', before });
  if (ended) entries.push({ type: 'end' });
  return entries;
}

/** The id under which an entry is appended, so that none doubles. */
export function playlistEntryId(entry: PlaylistEntry): string {
  if (entry.type === 'init') return `init/${entry.run}`;
  if (entry.type === 'segment' || entry.type === 'break') return `${entry.type}/${entry.msn}`;
  if (entry.type === 'lost') return `lost/${entry.from}-${entry.before}`;
  return entry.type === 'removed' ? `removed/${entry.before}` : 'end';
}
