import { createHash, timingSafeEqual } from 'node:crypto';

/** A token that lets read, and what it opens: all streams if undefined. */
export interface ReadToken {
  readonly secret: string;
  readonly streams: readonly string[] | undefined;
}

/** Reads `<secret>`, or `<name>+<name>:<secret>` for one that opens some streams only. */
export function parseReadToken(text: string): ReadToken {
  const colon = text.indexOf(':');
  if (colon === -1) return { secret: text, streams: undefined };
  return { secret: text.slice(colon + 1), streams: text.slice(0, colon).split('+') };
}

/** Finds out whether a text is a secret, in a time that tells nothing of it: hashes have one length. */
export function isSecret(given: string, secret: string): boolean {
  return timingSafeEqual(sha256(given), sha256(secret));
}

/** The token that a text is; all are compared, whichever it is. */
export function findToken(given: string, tokens: readonly ReadToken[]): ReadToken | undefined {
  let found: ReadToken | undefined;
  for (const token of tokens) if (isSecret(given, token.secret)) found ??= token;
  return found;
}

/** The token in an Authorization header; undefined without one that bears one. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
