import { listedOpenParts, type MediaState } from './playlist-log.ts';

/**
 * Whether what comes next belongs to the run that is listed last, as far as that is known: neither is that run over,
 * nor has another one its init segment already.
 */
export function sameRunFollows(state: MediaState): boolean {
  const last = state.segments.at(-1);
  if (last === undefined || listedOpenParts(state).length > 0) return true;
  if (state.init !== undefined && state.init.run !== last.run) return false;
  return last.endsRun !== true && state.brokenAt !== state.nextMsn;
}
