import type { IncomingMessage } from 'node:http';
import { HlsStreamError } from '../../errors.ts';

/** The largest body that is taken unless more is allowed, in bytes. */
const BODY_LIMIT = 1024 * 1024;

/** How much of a body that is too large is read away so that its sender hears why, in bytes. */
const DISCARDED_LIMIT = 16 * 1024 * 1024;

/** Bodies that somebody else has read. */
const given = new WeakMap<IncomingMessage, unknown>();

/** What a parser of somebody else's, which stands before us, has made of the body of a request. */
export function giveBody(request: IncomingMessage, body: unknown): void {
  given.set(request, body);
}

/**
 * Reads a JSON body.
 * @param limit of its size, in bytes
 * @throws HlsStreamError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE or BAD_JSON.
 */
export async function readJson(request: IncomingMessage, limit = BODY_LIMIT): Promise<unknown> {
  if (!isJson(request)) {
    throw new HlsStreamError(
      'UNSUPPORTED_MEDIA_TYPE',
      'the body must be plain JSON; send Content-Type: application/json and no Content-Encoding',
    );
  }
  const read = given.get(request);
  if (read !== undefined && typeof read !== 'string' && !(read instanceof Uint8Array)) return read;
  const bytes = read === undefined ? await readBytes(request, limit) : Buffer.from(read as string);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new HlsStreamError('BAD_JSON', 'the body is no JSON in UTF-8', { cause });
  }
}

function isJson(request: IncomingMessage): boolean {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const encoding = request.headers['content-encoding'] ?? 'identity';
  return /^application\/(?:[a-z0-9.-]+\+)?json$/.test(type) && encoding === 'identity';
}

async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > DISCARDED_LIMIT) break;
    // Who has said too much is heard out, but not kept.
    if (length > limit) chunks.length = 0;
    else chunks.push(chunk);
  }
  if (length <= limit) return Buffer.concat(chunks);
  throw new HlsStreamError('BODY_TOO_LARGE', `the body is above ${limit} bytes; send it in pieces`);
}
