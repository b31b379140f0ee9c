import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import { entityTag, gzipTag } from './entity-tag.ts';
import type { Content } from './negotiation.ts';

/** Longer texts are compressed off the event loop; shorter ones cost less than the way there. In bytes. */
const INLINE_GZIP = 64 * 1024;

const gzipAside = promisify(gzip);

/** A text as it goes over the wire, made once and shared by all who get it. */
export class TextResponse {
  readonly bytes: Buffer;
  /** Entity tag of the plain bytes. */
  readonly tag: string;
  readonly gzippedTag: string;
  #gzipped: Buffer | undefined;
  #compressing: Promise<Buffer> | undefined;

  /** @param text also as its bytes, which nobody changes any more */
  constructor(text: string | Buffer) {
    this.bytes = typeof text === 'string' ? Buffer.from(text) : text;
    this.tag = entityTag(this.bytes);
    this.gzippedTag = gzipTag(this.tag);
  }

  /** Its entity tags: of the text, and of its gzip. */
  get tags(): readonly [string, string] {
    return [this.tag, this.gzippedTag];
  }

  /** The text as what a request may get. */
  as(type: string, cacheControl: string): Content {
    const gzip = { tag: this.gzippedTag, bytes: () => this.gzipped() };
    return { type, cacheControl, bytes: this.bytes, tag: this.tag, gzip };
  }

  /** The gzip of the bytes, made when first asked for; a promise while a long one is being made. */
  gzipped(): Buffer | Promise<Buffer> {
    if (this.#gzipped === undefined && this.bytes.length <= INLINE_GZIP) this.#gzipped = gzipSync(this.bytes);
    if (this.#gzipped !== undefined) return this.#gzipped;
    this.#compressing ??= gzipAside(this.bytes).then((bytes) => {
      this.#gzipped = bytes;
      return bytes;
    });
    return this.#compressing;
  }
}
