import { millisecondsToSeconds } from '../clock.ts';
import { type ErrorCode, HlsStreamError } from '../errors.ts';

/** What Redis says, and what it means to whoever runs it. The first that fits counts. */
const meanings: readonly (readonly [message: RegExp, code: ErrorCode, todo: string])[] = [
  [
    /\b(NOAUTH|WRONGPASS|NOPERM)\b|invalid password|without any password configured/,
    'STORE_DENIED',
    'check user, password and their permissions in the store URL',
  ],
  [
    /DB index is out of range|invalid DB index/,
    'STORE_NO_DATABASE',
    'name a database it has, 0 to 15 unless its configuration says otherwise',
  ],
  [/\bREADONLY\b/, 'STORE_READ_ONLY', 'this is a replica; name the primary in the store URL'],
  [/\bOOM\b/, 'STORE_FULL', 'give Redis more memory (maxmemory) or make --window shorter'],
  [
    /\bWRONGTYPE\b/,
    'STORE_WRONG_TYPE',
    'other data lie under this --store-prefix; choose another prefix or database',
  ],
  [
    /\bNOREPLICAS\b/,
    'STORE_NO_REPLICAS',
    'bring its replicas back, or lower min-replicas-to-write in its configuration',
  ],
  [/\bMISCONF\b/, 'STORE_NOT_SAVED', 'Redis cannot write to its disk; its own log says why'],
  [
    /\b(LOADING|MASTERDOWN|BUSY|UNBLOCKED|CLUSTERDOWN|TRYAGAIN)\b/,
    'STORE_NOT_READY',
    'it is tried again until Redis is ready',
  ],
  [
    /\b(MOVED|ASK|CROSSSLOT)\b/,
    'STORE_NOT_READY',
    'another node of the cluster has these keys; write redis+cluster:// in the store URL where it says redis://',
  ],
  [
    /cluster support disabled/i,
    'STORE_FAILED',
    'this Redis is not part of a cluster; write redis:// instead of redis+cluster://',
  ],
  [
    /invalid reply: null|No such master/,
    'STORE_GONE',
    'the Sentinel watches no primary of this name; check the name behind the hosts in the store URL',
  ],
];

/** The codes that trying again cannot help: somebody has to change something first. */
const permanent: ReadonlySet<ErrorCode> = new Set([
  'STORE_DENIED',
  'STORE_READ_ONLY',
  'STORE_FULL',
  'STORE_WRONG_TYPE',
  'STORE_NO_DATABASE',
  'STORE_NEWER',
]);

/** Whether somebody has to change something before trying again can help. */
export function isPermanent(error: unknown): boolean {
  return error instanceof HlsStreamError && permanent.has(error.code);
}

/** Whether this is the wrong server to ask by now: who may write, or who has the keys, must be looked up anew. */
export function isElsewhere(error: unknown): boolean {
  if (!(error instanceof HlsStreamError)) return false;
  return error.code === 'STORE_READ_ONLY' || /\b(MOVED|CLUSTERDOWN|UNBLOCKED)\b/.test(error.message);
}

/** What Redis itself said is wrong with it, rather than with what was asked. */
export function isTrouble({ code }: HlsStreamError): boolean {
  return trouble.has(code);
}

const trouble: ReadonlySet<ErrorCode> = new Set([
  ...permanent,
  'STORE_NO_REPLICAS',
  'STORE_NOT_SAVED',
  'STORE_NOT_READY',
  'STORE_FAILED',
  'STORE_TIMEOUT',
]);

/**
 * An error of the client library as one of ours. What Redis itself refused and nothing above fits is
 * STORE_FAILED; a lost connection is STORE_GONE.
 * @param name the call that failed
 */
export function redisFailure(error: unknown, name: string): HlsStreamError {
  if (error instanceof HlsStreamError) return error;
  const message = error instanceof Error ? error.message : String(error);
  for (const [pattern, code, todo] of meanings) {
    if (pattern.test(message))
      return new HlsStreamError(code, `Redis refused ${name} (${brief(message)}); ${todo}`);
  }
  if (error instanceof Error && error.name === 'ReplyError') {
    return new HlsStreamError('STORE_FAILED', `Redis refused ${name}: ${brief(message)}`);
  }
  return goneError(name);
}

/** STORE_GONE for the call `name`. */
export function goneError(name: string): HlsStreamError {
  const message = `Redis cannot be reached, so ${name} got no answer; try again when the store is up`;
  return new HlsStreamError('STORE_GONE', message);
}

/** STORE_TIMEOUT for a server that takes connections and says nothing on them. */
export function silentError(milliseconds: number): HlsStreamError {
  const message = `Redis took the connection and said nothing for ${millisecondsToSeconds(milliseconds)} s; look whether it hangs, and whether something else listens there`;
  return new HlsStreamError('STORE_TIMEOUT', message);
}

/** STORE_CLOSED. */
export function closedError(): HlsStreamError {
  return new HlsStreamError('STORE_CLOSED', 'the store is closed');
}

/** Without what Redis adds about the script: our scripts are no help to whoever reads this. */
function brief(message: string): string {
  return message.replace(/\.? ?script: [0-9a-f]+.*$/s, '').slice(0, 200);
}
