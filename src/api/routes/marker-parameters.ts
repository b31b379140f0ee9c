import { fromSeconds, type Microseconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import type { MarkerQuery } from '../../hls/marker-query.ts';
import { MARKER_CLASS } from '../../hls/marker-rules.ts';

/** Markers a page unless asked otherwise. */
const PAGE = 1000;

/** Most markers a page. */
const LARGEST_PAGE = 10_000;

/**
 * Reads the query of `GET /markers`; unknown parameters are ignored.
 * @throws HlsStreamError BAD_PARAMETER, naming the parameter, what came and what it takes.
 */
export function readMarkerQuery(query: URLSearchParams): MarkerQuery {
  return {
    after: readTime(query, 'ts_start'),
    before: readTime(query, 'ts_end'),
    overlapping: yesOrNo(query, 'overlapping'),
    class: group(query),
    limit: limit(query),
    page: single(query, 'page'),
  };
}

/** The one value of a parameter, or undefined. */
export function single(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw bad(name, `came ${more.length + 1} times; give it once`);
  return value;
}

/** A time of the stream in seconds, or undefined. @throws HlsStreamError BAD_PARAMETER */
export function readTime(query: URLSearchParams, name: string): Microseconds | undefined {
  const text = single(query, name);
  if (text === undefined) return undefined;
  // A plus sign that was not encoded arrives as a space.
  const isNumber = /^[-+ ]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+ ]?\d+)?$/i.test(text);
  const pts = isNumber ? fromSeconds(Number(text.replaceAll(' ', '+'))) : Number.NaN;
  if (Number.isSafeInteger(pts)) return pts;
  throw bad(name, `${shown(text)} is not a time in seconds`);
}

function yesOrNo(query: URLSearchParams, name: string): boolean {
  const text = single(query, name);
  if (text === undefined || text === '0' || text === 'false') return false;
  if (text === '1' || text === 'true') return true;
  throw bad(name, `${shown(text)} is neither 1 nor 0`);
}

function group(query: URLSearchParams): string | undefined {
  const text = single(query, 'class');
  if (text === undefined || MARKER_CLASS.test(text)) return text;
  throw bad('class', `${shown(text)} is not a class of markers`);
}

function limit(query: URLSearchParams): number {
  const text = single(query, 'limit');
  if (text === undefined) return PAGE;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= LARGEST_PAGE) return value;
  throw bad('limit', `${shown(text)} is not a whole number from 1 to ${LARGEST_PAGE}`);
}

function bad(name: string, what: string): HlsStreamError {
  return new HlsStreamError('BAD_PARAMETER', `${name}: ${what}`);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 32));
}
