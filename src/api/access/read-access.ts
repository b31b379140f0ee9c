import { createHmac } from 'node:crypto';
import { millisecondsToSeconds, secondsToMilliseconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import type { AddressLimits, From } from './address-limits.ts';
import { anybody, type Reader, refused } from './reader.ts';
import { Recent } from './recent.ts';
import { type Grant, Signer } from './signature.ts';
import { bearerToken, findToken, type ReadToken } from './tokens.ts';

/** Who may read, and how that is shown. */
export interface ReadAccessOptions {
  /** Tokens that let read. */
  readonly tokens: readonly ReadToken[];
  /** Keys of signatures: the first one signs, all are believed. */
  readonly keys: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** How many wrong tokens one address may show. @default as many as it likes */
  readonly limits?: AddressLimits | undefined;
}

/** A target, taken apart. */
export interface Admission {
  /** Path and query as the routes know them: without a signature. */
  readonly url: string;
  readonly reader: Reader;
}

/** Signatures, cookies and headers that were looked at and found good, kept in mind: each comes again and again. */
const KNOWN = 20_000;

/** How long a session lasts from the last time its page was opened, in seconds. */
const SESSION_SECONDS = 30 * 24 * 3600;

/** What the names of our cookies begin with. */
const COOKIE = 'hlsstream-';

/** What all may have: whether it lives, and what the page to sign in needs. */
const OPEN =
  /^\/(?:healthz|readyz|access|sign-in|sign-in\.(?:js|css)|style\.css|theme-early\.js|favicon\.svg)$/;

/** Reading that is not open to all: by a signed path `/s/<expires>.<signature>/…`, a session's cookie, or a token. */
export class ReadAccess {
  readonly #options: ReadAccessOptions;
  readonly #paths: Signer;
  readonly #sessions: Signer;
  /** Names of cookies, one for each key: systems on other ports of the same host have others. */
  readonly #cookies: readonly string[];
  /** Apart: what was shown as the one says nothing as the other. */
  readonly #knownPaths = new Recent<Reader>(KNOWN);
  readonly #knownSessions = new Recent<Reader>(KNOWN);

  constructor(options: ReadAccessOptions) {
    this.#options = options;
    this.#paths = new Signer(options.keys, 'path');
    this.#sessions = new Signer(options.keys, 'session');
    this.#cookies = options.keys.map((key) => {
      const mark = createHmac('sha256', key).update('hlsstream cookie').digest('hex').slice(0, 8);
      return `${COOKIE}${mark}`;
    });
  }

  /** Takes the signature off a target and says who asks. @param cookie the Cookie field, where it is not among the headers */
  admit(target: string, from: From, cookie = from.headers.cookie): Admission {
    if (target.startsWith('/s/')) {
      const end = target.indexOf('/', 3);
      const url = end === -1 ? '/' : target.slice(end);
      return admitted(url, this.#byPath(end === -1 ? target : target.slice(0, end)));
    }
    return admitted(target, this.#byHeaders(from, cookie));
  }

  /** Signs a path for so many seconds. @param path begins with a slash */
  signPath(path: string, seconds: number, streams: readonly string[] | undefined) {
    const expires = this.#in(seconds);
    return { path: `/s/${this.#paths.sign({ expires, streams })}${path}`, expires };
  }

  /** Whether a text is a token: what it opens; undefined if it is none. @throws TooMany */
  grantOf(token: string, from: From): Pick<Grant, 'streams'> | undefined {
    const { tokens, limits } = this.#options;
    limits?.checkTokens(from);
    const found = findToken(token, tokens);
    if (found === undefined) limits?.tokenFailed(from);
    return found;
  }

  /** A session: what Set-Cookie is to say, but for the attributes. */
  beginSession(streams: readonly string[] | undefined) {
    const expires = this.#in(SESSION_SECONDS);
    const value = this.#sessions.sign({ expires, streams });
    return { name: this.#cookies[0] ?? '', value, seconds: SESSION_SECONDS };
  }

  /** Names of the cookies that may hold a session. */
  get cookieNames(): readonly string[] {
    return this.#cookies;
  }

  #in(seconds: number): number {
    return Math.floor(millisecondsToSeconds(this.#options.now()) + seconds);
  }

  #byPath(prefix: string): Reader {
    return this.#kept(this.#knownPaths, prefix, () => {
      const verdict = this.#paths.verify(prefix.slice(3), this.#options.now());
      if (verdict === 'expired')
        return refused(
          new HlsStreamError('SIGNATURE_EXPIRED', 'this signed path has expired; ask for a new one'),
        );
      if (verdict === 'invalid')
        return refused(
          new HlsStreamError('SIGNATURE_INVALID', 'this path is not signed with a key of this server'),
        );
      return granted('path', verdict, prefix);
    });
  }

  #byHeaders(from: From, cookie: string | undefined): Reader {
    // Any other scheme is a proxy's affair.
    if (bearerToken(from.headers.authorization) !== undefined) return this.#byToken(from);
    return cookie === undefined ? unknown : this.#byCookies(cookie);
  }

  /** Looked at each time: while one address shows too many that are wrong, none of it is looked at. */
  #byToken(from: From): Reader {
    const token = bearerToken(from.headers.authorization);
    try {
      const found = token === undefined ? undefined : this.grantOf(token, from);
      if (found !== undefined) return granted('token', { ...found, expires: Number.POSITIVE_INFINITY });
    } catch (error) {
      if (error instanceof HlsStreamError) return refused(error);
      throw error;
    }
    return refused(new HlsStreamError('UNAUTHORIZED', 'this is not a token that may read here'));
  }

  #byCookies(header: string): Reader {
    let found = unknown;
    for (const [name, value] of cookiesIn(header)) {
      if (!this.#cookies.includes(name)) continue;
      found = this.#kept(this.#knownSessions, value, () => this.#bySession(value));
      if (found.refusal === undefined) return found;
    }
    return found;
  }

  #bySession(value: string): Reader {
    const verdict = this.#sessions.verify(value, this.#options.now());
    if (typeof verdict === 'object') return granted('session', verdict);
    if (verdict === 'invalid') return unknown;
    return refused(new HlsStreamError('UNAUTHORIZED', 'the session is over; sign in again'));
  }

  /** What was found good is looked at once, as long as it holds; what was not is looked at each time. */
  #kept(all: Recent<Reader>, shown: string, look: () => Reader): Reader {
    const known = all.get(shown);
    if (known !== undefined && known.expires > this.#options.now()) return known;
    const reader = look();
    if (reader.refusal === undefined) all.set(shown, reader);
    return reader;
  }
}

function admitted(url: string, reader: Reader): Admission {
  if (reader.refusal === undefined) return { url, reader };
  const [path = ''] = url.split('?', 1);
  return { url, reader: OPEN.test(path) ? nobody : reader };
}

/** Whoever asks for what is open to all. */
const nobody: Reader = { ...anybody, by: 'nothing', streams: new Set() };

/** One who shows nothing. */
const unknown = refused(
  new HlsStreamError(
    'UNAUTHORIZED',
    'reading needs a session, a signed path or the header "Authorization: Bearer <token>"; sign in at the page',
  ),
);

function granted(
  by: Reader['by'],
  { expires, streams }: Pick<Grant, 'expires' | 'streams'>,
  prefix = '',
): Reader {
  return { by, prefix, streams: streams && new Set(streams), expires: secondsToMilliseconds(expires) };
}

/** The pairs of a Cookie header whose names begin as ours do. */
function cookiesIn(header: string): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let at = header.indexOf(COOKIE); at !== -1; at = header.indexOf(COOKIE, at + 1)) {
    // In the middle of another name it is none.
    if (at > 0 && !/[;\s]/.test(header.charAt(at - 1))) continue;
    const end = header.indexOf(';', at);
    const pair = end === -1 ? header.slice(at) : header.slice(at, end);
    const equals = pair.indexOf('=');
    if (equals !== -1) found.push([pair.slice(0, equals), pair.slice(equals + 1).trimEnd()]);
  }
  return found;
}
