import { listedOpenParts, type MediaState } from './playlist-log.ts';

/**
 * What comes next: more of the run that is listed last, the beginning of another that has its init segment already,
 * or nothing that could be named yet, since a run is over and the next has not begun.
 */
export function whatFollows(state: MediaState): 'same-run' | 'new-run' | 'unknown' {
  const last = state.segments.at(-1);
  if (last === undefined || listedOpenParts(state).length > 0) return 'same-run';
  if (state.init !== undefined && state.init.run !== last.run) return 'new-run';
  return last.endsRun === true || state.brokenAt === state.nextMsn ? 'unknown' : 'same-run';
}
