/** Every code an HlsStreamError may carry. Codes are stable: programs and operators match on them. */
export const errorCodes = [
  // settings and start-up
  'USAGE',
  'PORT_IN_USE',
  'ADDRESS_UNAVAILABLE',
  'TLS_INVALID',
  'DATA_DIR_NOT_WRITABLE',
  'DATA_DIR_BUSY',
  'DATA_DIR_LINK',
  'TMP_NOT_WRITABLE',
  'FFMPEG_NOT_FOUND',
  'FFMPEG_TOO_OLD',
  'ENCODER_UNAVAILABLE',
  'MODULE_INVALID',
  'CHILD_FAILED',
  'CHILD_HANGS',
  'LAUNCHER_HANGS',
  'STREAM_BUSY',
  'STREAM_TAKEN',
  'STREAM_CLOSED',
  // store
  'STORE_GONE',
  'STORE_TIMEOUT',
  'STORE_CLOSED',
  'STORE_FENCED',
  'STORE_BAD_CURSOR',
  'STORE_BAD_VALUE',
  'STORE_NEWER',
  'STORE_FAILED',
  'STORE_DENIED',
  'STORE_READ_ONLY',
  'STORE_FULL',
  'STORE_WRONG_TYPE',
  'STORE_NO_DATABASE',
  'STORE_NO_REPLICAS',
  'STORE_NOT_SAVED',
  'STORE_NOT_READY',
  // media
  'SOURCE_FAILED',
  'SOURCE_SIZE',
  'FRAME_SIZE',
  'FRAME_TIME',
  'ENCODER_FAILED',
  'CONTAINER_INVALID',
  'STORAGE_FAILED',
  'STORAGE_FULL',
  'DETECTOR_FAILED',
  // requests
  'BAD_REQUEST',
  'BAD_PARAMETER',
  'BAD_JSON',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_MARKER',
  'INVALID_OBJECT',
  'MARKER_OUT_OF_RANGE',
  'MARKER_EXISTS',
  'FRAME_NOT_PACKAGED',
  'INVALID_OBJECTS',
  'OBJECTS_OUT_OF_RANGE',
  'OBJECTS_TOO_LATE',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'FOREIGN_HOST',
  'SIGNATURE_EXPIRED',
  'SIGNATURE_INVALID',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'PRECONDITION_FAILED',
  'TIME_SHIFT_OUTSIDE',
  'TIME_SHIFT_TOO_LONG',
  'CLIP_OUTSIDE',
  'CLIP_TOO_LONG',
  'CLIP_CODEC_CHANGED',
  'CLIPS_BUSY',
  'BLOCKED_TOO_LONG',
  'NOT_READY',
  'TOO_MANY_REQUESTS',
  'HOOK_FAILED',
  'INTERNAL',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** An error as it crosses a process border: structured data. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  /** For the log: where an exception of somebody else's code, such as a module, came from. */
  readonly stack?: string;
}

/**
 * The one error type of this project: a stable code, and a sentence that says what came and what to do, in one
 * line and without passwords. `cause` keeps the error underneath.
 */
export class HlsStreamError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(withoutSecrets(inOneLine(message)), options);
    this.name = 'HlsStreamError';
    this.code = code;
  }
}

/** Finds what {@link hide} was told. */
let hidden: RegExp | undefined;

/** From now on these texts are masked wherever they stand, however they were written into a line of JSON or a URL. */
export function hide(secrets: readonly string[]): void {
  const forms = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
  ]);
  // The longest first: one may begin another. What is very short would be found in every other word.
  const found = [...new Set(forms)].filter(({ length }) => length >= 6).sort((a, b) => b.length - a.length);
  const literal = found.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  hidden = literal.length === 0 ? undefined : new RegExp(literal.join('|'), 'g');
}

/** Parameters of addresses that hold no secret, whatever their values are. Any other may: each camera has its own names. */
const HARMLESS =
  /^(?:ch|channel|chn|subtype|stream|stream_?type|profile|res|resolution|width|height|size|fps|rate|(?:video|audio)?_?codec|quality|compression|cam|camera|track|proto|protocol|transport|rtsp_transport|mode|timeout|(?:rcv|peer)?latency|pkt_size|listen|ttl|(?:buffer|fifo)_size|overrun_nonfatal|reuse|local(?:port|addr)|(?:uni|multi)cast|format|type|action|t|time|from|to|start|end|marker|offset|limit|v|version)$/i;

/** What of an address of ours is secret: its password and the values of its parameters, as written and as meant. */
export function secretsIn(url = ''): string[] {
  const login = /^[a-z][a-z0-9+.-]*:\/\/[^:/?#\s]*:/i;
  const rest = login.test(url) ? url.replace(login, '') : '';
  // A password may hold a / or an @ that nobody escaped; what follows it may hold an @, too.
  const passwords = [/^([^\s]*)@/, /^([^\s/?#]*)@/].map((form) => form.exec(rest)?.[1] ?? '');
  const parameters = [...url.matchAll(/[?&;]([^=&;#\s]{1,100})=([^&;#\s]*)/g)]
    .filter(([, name = '']) => !HARMLESS.test(name))
    .map(([, , value = '']) => value);
  return [...passwords, ...parameters, streamKeyIn(url)].flatMap((written) => [
    written,
    percentDecoded(written),
  ]);
}

/** What comes behind the application in an address of RTMP lets in whoever has it. */
function streamKeyIn(url: string): string {
  return /^rtmp[a-z]{0,2}:\/\/[^/\s]+\/[^/\s]+\/([^?\s]+)/i.exec(url)?.[1] ?? '';
}

/** Whether this is an error of ours with this code. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof HlsStreamError && error.code === code;
}

/** Percent-encoded text as it is meant; as it stands where a % begins no code: so people write their passwords. */
export function percentDecoded(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

/**
 * Text as it may be shown: logins and passwords in URLs, all parameters but harmless ones, and credentials in headers
 * are masked. A line of JSON stays one.
 */
export function withoutSecrets(given: string): string {
  const text = hidden === undefined ? given : given.replace(hidden, '***');
  if (!/:\/\/|authorization|cookie/i.test(text)) return text;
  return (
    text
      // All of bounded length, for a line is written by whoever a source or a client is.
      // Up to the last @ of the word: a password may hold a / or an @ that nobody escaped.
      .replace(
        /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"'<>@/]{0,500}(?:@|:[^\s"'<>@]{0,500}@)(?:[^\s"'<>]{0,500}@)?/gi,
        '$1***@',
      )
      .replace(
        /([?&;/_](?:\w{0,20}pass?\w{0,20}|\w{0,20}pwd|psw|token|\w{0,20}[-_]?key|secret|auth\w{0,20}|access_token|sig\w{0,20}|credential\w{0,20})=)[^\s"'<>&#\\]+/gi,
        '$1***',
      )
      .replace(/([?&;])([^=?&;#\s"'<>\\]{1,100})=[^\s"'<>&;#\\]+/g, (found, mark: string, name: string) =>
        HARMLESS.test(name) ? found : `${mark}${name}=***`,
      )
      .replace(/\b(rtmp[a-z]{0,2}:\/\/[^\s"'<>/]{1,500}\/[^\s"'<>/?]{1,100}\/)[^\s"'<>?\\]{1,500}/gi, '$1***')
      .replace(
        /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*["']?)(?!\s|Bearer <token>)[^\r\n"'\\]+/gi,
        '$1$2***',
      )
  );
}

/** Turns anything thrown into a record that can cross a process border; strangers become `fallback`. */
export function toErrorRecord(error: unknown, fallback: ErrorCode = 'INTERNAL'): ErrorRecord {
  if (error instanceof HlsStreamError) return { code: error.code, message: error.message };
  return { code: fallback, message: messageOf(error) };
}

/** What anything thrown says, in one line and without passwords; also of what is no Error. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : shown(error);
  return withoutSecrets(inOneLine(text));
}

/** In one line, and of what a terminal would obey nothing: the words may be those of a camera or a program. */
function inOneLine(text: string): string {
  return text.replace(/[^\S\r\n]{0,100}[\r\n]\s{0,100}/g, ' ').replace(/\p{Cc}/gu, ' ');
}

/** Why a module could not be imported, and what to do about TypeScript that this Node does not run. */
export function importFailure(error: unknown): string {
  const reason = messageOf(error);
  if (!(error instanceof Error)) return reason;
  const isUnknown = (error as { readonly code?: unknown }).code === 'ERR_UNKNOWN_FILE_EXTENSION';
  if (!isUnknown || !/\.[cm]?tsx?\b/.test(reason)) return reason;
  return 'this Node does not run TypeScript; use Node 22.18 or later, or compile it: npx esbuild FILE.ts --format=esm --outfile=FILE.js';
}

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** Errors that may come out of somebody else's code. */
const FOREIGN: ReadonlySet<ErrorCode> = new Set([
  'MODULE_INVALID',
  'SOURCE_FAILED',
  'DETECTOR_FAILED',
  'INTERNAL',
]);

/** As {@link toErrorRecord}, with the stack of the exception underneath where that came out of somebody else's code. */
export function toFailureRecord(error: unknown): ErrorRecord {
  const record = toErrorRecord(error);
  if (!(error instanceof Error) || !FOREIGN.has(record.code)) return record;
  let deepest: Error = error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  if (deepest instanceof HlsStreamError || !deepest.stack) return record;
  return { ...record, stack: withoutSecrets(deepest.stack) };
}

/** The error a record stands for, to be thrown on the receiving side. */
export function fromErrorRecord(record: ErrorRecord): HlsStreamError {
  return new HlsStreamError(record.code, record.message);
}
