/** Every code an HlsStreamError may carry. Codes are stable: programs and operators match on them. */
export const errorCodes = [
  // settings and start-up
  'USAGE',
  'PORT_IN_USE',
  'ADDRESS_UNAVAILABLE',
  'TLS_INVALID',
  'DATA_DIR_NOT_WRITABLE',
  'DATA_DIR_BUSY',
  'FFMPEG_NOT_FOUND',
  'FFMPEG_TOO_OLD',
  'ENCODER_UNAVAILABLE',
  'MODULE_INVALID',
  'CHILD_FAILED',
  'STREAM_BUSY',
  'STREAM_TAKEN',
  // store
  'STORE_GONE',
  'STORE_TIMEOUT',
  'STORE_CLOSED',
  'STORE_FENCED',
  'STORE_BAD_CURSOR',
  'STORE_BAD_VALUE',
  'STORE_FAILED',
  'STORE_DENIED',
  'STORE_READ_ONLY',
  'STORE_FULL',
  'STORE_WRONG_TYPE',
  'STORE_NO_DATABASE',
  // media
  'SOURCE_FAILED',
  'SOURCE_SIZE',
  'ENCODER_FAILED',
  'CONTAINER_INVALID',
  'STORAGE_FAILED',
  'DETECTOR_FAILED',
  // requests
  'BAD_REQUEST',
  'BAD_PARAMETER',
  'BAD_JSON',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_MARKER',
  'MARKER_OUT_OF_RANGE',
  'MARKER_EXISTS',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'CLIP_OUTSIDE',
  'CLIP_TOO_LONG',
  'CLIP_CODEC_CHANGED',
  'CLIPS_BUSY',
  'BLOCKED_TOO_LONG',
  'NOT_READY',
  'INTERNAL',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** An error as it crosses a process border: structured data, no stack. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * The one error type of this project: a stable code, and a sentence that says what came and what to do.
 * `cause` keeps the error underneath.
 */
export class HlsStreamError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'HlsStreamError';
    this.code = code;
  }
}

/** Turns anything thrown into a record that can cross a process border; strangers become `fallback`. */
export function toErrorRecord(error: unknown, fallback: ErrorCode = 'INTERNAL'): ErrorRecord {
  if (error instanceof HlsStreamError) return { code: error.code, message: error.message };
  return {
    code: fallback,
    message: error instanceof Error ? error.message : String(error),
  };
}

/** The error a record stands for, to be thrown on the receiving side. */
export function fromErrorRecord(record: ErrorRecord): HlsStreamError {
  return new HlsStreamError(record.code, record.message);
}
