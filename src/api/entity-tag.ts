import { createHash } from 'node:crypto';

/** A strong entity tag (RFC 9110 §8.8.3) of these bytes; the same in every process. */
export function entityTag(bytes: string | Uint8Array): string {
  return `"${createHash('sha1').update(bytes).digest('base64url')}"`;
}

/** The tag of the gzip of what has this tag. */
export function gzipTag(tag: string): string {
  return `${tag.slice(0, -1)}-gz"`;
}

/** Whether If-None-Match names one of these tags: then the answer is 304 (RFC 9110 §13.1.2). */
export function isKnown(ifNoneMatch: string | undefined, ...tags: readonly string[]): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tags.includes(tag.trim().replace(/^W\//, '')));
}
