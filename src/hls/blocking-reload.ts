import { perSecond } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import { listedOpenParts, type MediaState, nextPart } from './playlist-log.ts';

/** The Delivery Directives of a playlist request (rfc8216bis §6.2.5). */
export interface Directives {
  /** `_HLS_msn`: answer when this Media Segment, or part of it, is listed. */
  readonly msn?: number;
  /** `_HLS_part`: the index of that part, from 0. */
  readonly part?: number;
  /** `_HLS_skip`: a Playlist Delta Update will do; with v2 also one that skips date ranges. */
  readonly skip?: 'YES' | 'v2';
}

/** What to do with a playlist request now: answer, wait for the next entry and ask again, or refuse (400). */
export type ReloadVerdict = 'ready' | 'wait' | { readonly reject: HlsStreamError };

/**
 * Reads the directives of a request; unknown `_HLS_…` ones and unknown values of `_HLS_skip` are ignored.
 * @throws HlsStreamError BAD_PARAMETER for a number that is none, negative, fractional, above 2^53 − 1 or
 * given twice, and for `_HLS_part` without `_HLS_msn` (§6.2.5.2).
 */
export function parseDirectives(query: URLSearchParams): Directives {
  const msn = wholeNumber(query, '_HLS_msn');
  const part = wholeNumber(query, '_HLS_part');
  if (part !== undefined && msn === undefined) {
    throw new HlsStreamError('BAD_PARAMETER', '_HLS_part came without _HLS_msn; give both');
  }
  const skip = single(query, '_HLS_skip');
  return {
    ...(msn === undefined ? {} : { msn }),
    ...(part === undefined ? {} : { part }),
    ...(skip === 'YES' || skip === 'v2' ? { skip } : {}),
  };
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = single(query, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new HlsStreamError(
    'BAD_PARAMETER',
    `${name}=${JSON.stringify(text.slice(0, 32))} is not a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  );
}

function single(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length === 0) return value;
  throw new HlsStreamError('BAD_PARAMETER', `${name} came ${more.length + 1} times; give it once`);
}

/**
 * Whether a playlist request can be answered now (rfc8216bis §6.2.5.2). Pure: ask again after every change
 * of `state`. How long to wait at most is the server's affair (3 × target).
 */
export function blockingReload(state: MediaState, { msn, part }: Directives): ReloadVerdict {
  if (state.ended || msn === undefined) return 'ready';
  const last = state.nextMsn - 1;
  if (msn > last + 2) {
    return reject(
      `_HLS_msn=${msn} is too far ahead; the last Media Segment is ${last}, ask for at most ${last + 2}`,
    );
  }
  if (part === undefined) return msn <= last ? 'ready' : 'wait';
  const ahead = partsAhead(state, msn, part);
  const limit = advancePartLimit(state);
  if (ahead > limit) {
    return reject(
      `_HLS_msn=${msn}&_HLS_part=${part} is ${ahead} parts ahead; ask for at most ${Math.floor(limit)}`,
    );
  }
  return ahead <= 0 ? 'ready' : 'wait';
}

/** The Advance Part Limit (§6.2.5.2): 3 s worth of parts, or three parts if they last a second or more. */
export function advancePartLimit(state: MediaState): number {
  const { partTarget } = state.stream;
  return Math.max(perSecond(3, partTarget), 3);
}

/**
 * How many parts must still come, at least, until this one is listed; 0 or less when it is. Of a segment
 * that isn't closed nobody knows how many parts it will have.
 */
function partsAhead(state: MediaState, msn: number, part: number): number {
  const open = listedOpenParts(state).length;
  if (msn === state.nextMsn) return part + 1 - open;
  if (msn > state.nextMsn) return part + 1 + (open === 0 ? 1 : 0);
  // Older segments are listed whole, or gone: the whole playlist is the answer.
  if (msn < state.nextMsn - 1) return 0;
  const beyond = part + 1 - (state.segments.at(-1)?.parts.length ?? 0);
  if (beyond <= 0) return 0;
  // §6.2.5.2: a part beyond its segment's last means part 0 of the next. Far beyond is still a mistake.
  return beyond > advancePartLimit(state) ? beyond : 1 - open;
}

function reject(message: string): ReloadVerdict {
  return { reject: new HlsStreamError('BAD_PARAMETER', message) };
}

/** Parts that may be asked for beyond the hint: another API process may have folded one that we have not yet. */
const HINT_SLACK = 2;

/**
 * Whether a request for the file of a part can be answered: `ready` (it was announced, now or long ago, so
 * storage has it if its grace is not over), `wait` (it was hinted, §4.4.5.3) or `never` (404).
 */
export function hintedPart(state: MediaState, msn: number, part: number): 'ready' | 'wait' | 'never' {
  const first = state.segments[0]?.msn ?? state.nextMsn;
  if (msn < first) return 'ready';
  if (msn < state.nextMsn) {
    return part < (state.segments[msn - first]?.parts.length ?? 0) ? 'ready' : 'never';
  }
  if (msn === state.nextMsn && part < listedOpenParts(state).length) return 'ready';
  if (state.ended) return 'never';
  const next = nextPart(state);
  const ahead = msn === next.msn ? part - next.part : part + 1;
  return msn <= next.msn + 1 && ahead <= HINT_SLACK ? 'wait' : 'never';
}
