import { createHmac, timingSafeEqual } from 'node:crypto';
import { secondsToMilliseconds } from '../../clock.ts';
import { STREAM_NAME } from './reached.ts';

/** What is signed: until when it holds, in seconds since the Unix epoch, and which streams it opens; all if undefined. */
export interface Grant {
  readonly expires: number;
  readonly streams: readonly string[] | undefined;
}

/** What a signature is for. One that was made for one purpose says nothing for another. */
export type Purpose = 'path' | 'session';

/** What was signed, and with which of the keys; or why that cannot be believed. */
export type Verdict = (Grant & { readonly key: number }) | 'invalid' | 'expired';

/** Characters of a SHA-256 in base64url. */
const MAC_LENGTH = 43;

const FORM = /^([1-9]\d{0,11})\.([A-Za-z0-9_-]{43,2048})$/;

/**
 * Signs grants: `<expires>.<signature>`, of characters that need no escaping in paths and cookies. The signature is an
 * HMAC-SHA-256 in base64url; behind it stand, in base64url, too, the streams, where it opens some only.
 */
export class Signer {
  readonly #keys: readonly string[];
  readonly #purpose: Purpose;

  /** @param keys the first one signs; what any of them has signed is believed */
  constructor(keys: readonly string[], purpose: Purpose) {
    this.#keys = keys;
    this.#purpose = purpose;
  }

  /** Signs with the first key. @throws Error without one, or for streams that would be read as others, or as all */
  sign({ expires, streams }: Grant): string {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('there is no key to sign with');
    if (streams?.length === 0 || streams?.some((name) => !STREAM_NAME.test(name)))
      throw new Error('these are no streams that a signature could open');
    const names = streams === undefined ? '' : Buffer.from(streams.join(',')).toString('base64url');
    return `${expires}.${this.#mac(key, expires, names).toString('base64url')}${names}`;
  }

  /** Reads what was signed; takes as long for a wrong signature as for a right one. @param now milliseconds */
  verify(text: string, now: number): Verdict {
    const [, seconds, signature = ''] = FORM.exec(text) ?? [];
    if (seconds === undefined) return 'invalid';
    const given = Buffer.from(signature.slice(0, MAC_LENGTH), 'base64url');
    const names = signature.slice(MAC_LENGTH);
    const expires = Number(seconds);
    let signedBy = -1;
    for (const [at, key] of this.#keys.entries()) {
      const equal = timingSafeEqual(this.#mac(key, expires, names), given);
      if (equal && signedBy === -1) signedBy = at;
    }
    // Another text with the same bits would be another name for the same thing.
    if (signedBy === -1 || given.toString('base64url') !== signature.slice(0, MAC_LENGTH)) return 'invalid';
    if (secondsToMilliseconds(expires) <= now) return 'expired';
    const streams = names === '' ? undefined : Buffer.from(names, 'base64url').toString().split(',');
    return { expires, streams, key: signedBy };
  }

  #mac(key: string, expires: number, names: string): Buffer {
    return createHmac('sha256', key).update(`hlsstream ${this.#purpose} ${expires} ${names}`).digest();
  }
}
