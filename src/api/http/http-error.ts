import { type ErrorCode, HlsStreamError } from '../../errors.ts';
import { TooMany } from '../access/address-limits.ts';

/** The body of every error answer. */
export interface ErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly path?: string };
}

const statuses: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  BAD_PARAMETER: 400,
  BAD_JSON: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  SIGNATURE_EXPIRED: 403,
  SIGNATURE_INVALID: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  MARKER_EXISTS: 409,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  FOREIGN_HOST: 421,
  INVALID_MARKER: 422,
  MARKER_OUT_OF_RANGE: 422,
  FRAME_NOT_PACKAGED: 503,
  INVALID_OBJECTS: 422,
  OBJECTS_OUT_OF_RANGE: 422,
  OBJECTS_TOO_LATE: 422,
  TIME_SHIFT_OUTSIDE: 404,
  TIME_SHIFT_TOO_LONG: 400,
  CLIP_CODEC_CHANGED: 409,
  CLIP_OUTSIDE: 422,
  CLIP_TOO_LONG: 422,
  CLIPS_BUSY: 503,
  FFMPEG_NOT_FOUND: 501,
  NOT_READY: 503,
  TOO_MANY_REQUESTS: 503,
  BLOCKED_TOO_LONG: 503,
  STORE_FULL: 507,
  STORAGE_FAILED: 503,
  STORAGE_FULL: 503,
};

/** The HTTP status of an error; 503 for whatever ails the store, 500 for what should not happen. */
export function statusOf(code: ErrorCode): number {
  return statuses[code] ?? (code.startsWith('STORE_') ? 503 : 500);
}

/** Whether the log has to say it: what should not happen, and what ails the media storage. */
export function isForLog({ code }: HlsStreamError): boolean {
  return statusOf(code) === 500 || code.startsWith('STORAGE_');
}

/** The HTTP status of this very error: an address that does too much is told so. */
export function statusOfError(error: HlsStreamError): number {
  return error instanceof TooMany ? 429 : statusOf(error.code);
}

/** A request body that does not fit: where, as a JSON pointer (RFC 6901) into it. */
export class FieldError extends HlsStreamError {
  readonly path: string;

  constructor(code: ErrorCode, path: string, message: string) {
    super(code, path === '' ? message : `${path}: ${message}`);
    this.path = path;
  }
}

/** What a client is told of an error. Of those that are for the log it learns no more than that. */
export function errorBody(error: HlsStreamError): ErrorBody {
  const { code } = error;
  const what = statusOf(code) === 500 ? 'something went wrong here' : 'the media cannot be read now';
  const message = isForLog(error) ? `${what}; the log says why` : error.message;
  return { error: { code, message, ...(error instanceof FieldError ? { path: error.path } : {}) } };
}

/** Headers that go with an error: when to try again, and who may. */
export function errorHeaders(error: HlsStreamError): Record<string, string> {
  const status = statusOfError(error);
  return {
    ...(status === 503 ? { 'Retry-After': '1' } : {}),
    ...(error instanceof TooMany ? { 'Retry-After': String(error.retryAfter) } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer realm="hlsstream"' } : {}),
  };
}
