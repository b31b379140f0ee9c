import { type Microseconds, toSeconds } from '../clock.ts';

/** A duration in seconds with all six digits of its microseconds, for EXTINF and DURATION. */
export function seconds(time: Microseconds): string {
  return toSeconds(time).toFixed(6);
}

/** A decimal-floating-point in seconds without needless zeros, for attributes that are settings. */
export function decimal(time: Microseconds): string {
  return String(Number(seconds(time)));
}

/**
 * A quoted-string (RFC 8216 §4.2): it can't hold `"`, CR or LF and knows no escapes, and a playlist may hold
 * no control characters at all (§4.1). So `"` becomes `'`, each run of line ends and other control characters
 * one space, half a surrogate pair U+FFFD, and the text is normalised to NFC.
 */
export function quoted(text: string): string {
  const safe = text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\u{FFFD}')
    .replaceAll('"', "'")
    .normalize('NFC');
  return `"${safe}"`;
}
