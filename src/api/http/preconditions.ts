import type { IncomingHttpHeaders } from 'node:http';
import { HlsStreamError } from '../../errors.ts';

/** What a request's conditions come to: go on, 304, or 412. */
export type Verdict = 'met' | 'not-modified' | 'failed';

/** The representation that conditions are about. */
export interface Representation {
  /** Its entity tags, one for each coding; none if it has none. */
  readonly tags: readonly string[];
  /** Its Last-Modified. */
  readonly modified?: string | undefined;
}

/** Evaluates the conditions of a request, in their order (RFC 9110 §13.2.2). */
export function evaluate(
  method: string,
  headers: Readonly<IncomingHttpHeaders>,
  { tags, modified }: Representation,
): Verdict {
  const reads = method === 'GET' || method === 'HEAD';
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  const changed = modified === undefined ? Number.NaN : Date.parse(modified);
  if (ifMatch !== undefined) {
    // Compared strongly (§13.1.1): a weak tag names nothing for sure.
    if (!names(ifMatch, tags)) return 'failed';
  } else if (changed > Date.parse(headers['if-unmodified-since'] ?? '')) return 'failed';
  if (ifNoneMatch !== undefined) {
    if (names(ifNoneMatch.replaceAll('W/"', '"'), tags)) return reads ? 'not-modified' : 'failed';
  } else if (reads && changed <= Date.parse(headers['if-modified-since'] ?? '')) return 'not-modified';
  return 'met';
}

/** What is answered where a condition of the request does not hold. */
export function preconditionFailed(): HlsStreamError {
  return new HlsStreamError(
    'PRECONDITION_FAILED',
    'what is here is not what the request is conditional on; fetch it again',
  );
}

/**
 * Lets a request go on, or throws PRECONDITION_FAILED.
 * @param tags those of its target; asked for only where there is a condition
 */
export function checkPreconditions(
  { method, headers }: { readonly method: string; readonly headers: Readonly<IncomingHttpHeaders> },
  tags: () => Representation['tags'],
): void {
  if (headers['if-match'] === undefined && headers['if-none-match'] === undefined) return;
  if (evaluate(method, headers, { tags: tags() }) === 'failed') throw preconditionFailed();
}

function names(list: string, tags: readonly string[]): boolean {
  if (list.trim() === '*') return true;
  return (list.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => tags.includes(tag));
}
