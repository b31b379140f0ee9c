import { createHash } from 'node:crypto';

/** A strong entity tag (RFC 9110 §8.8.3) of these bytes; the same in every process. */
export function entityTag(bytes: string | Uint8Array): string {
  return `"${createHash('sha1').update(bytes).digest('base64url')}"`;
}

/** The tag of the gzip of what has this tag. */
export function gzipTag(tag: string): string {
  return `${tag.slice(0, -1)}-gz"`;
}

/** The tags of a value as JSON, plain and gzipped. */
export function jsonTags(value: unknown): readonly [string, string] {
  const tag = entityTag(JSON.stringify(value));
  return [tag, gzipTag(tag)];
}
