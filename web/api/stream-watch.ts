import { jitteredBackOff } from './back-off.ts';
import { learn, offsetOf, type ServerClock, unknownServerClock } from './server-clock.ts';
import { type ServerGate, serverGate } from './server-gate.ts';
import { readReason, readStreamInfo, type StreamInfo } from './stream-info.ts';

/** What `GET /streams` says, asked again and again. Whoever opens it closes it. */
export interface StreamWatch {
  /** Asks at once. */
  wake(): void;
  /** Nobody looks at the page: asks no more until somebody does, and then at once. */
  rest(resting: boolean): void;
  /** The server's time now, in milliseconds since the Unix epoch. */
  serverNow(): number;
  close(): void;
}

/** One answer. */
export interface StreamsAnswer {
  readonly streams: readonly StreamInfo[];
  /** Name of the stream that is shown when none is asked for. */
  readonly default: string | undefined;
  /** Whether the server takes markers from this page. */
  readonly mayMark: boolean;
  /** Whether the page reads by a session, which can be ended. */
  readonly session?: boolean;
  /** The server cannot reach its store: it learns nothing new of any stream. */
  readonly storeDown: boolean;
  /** Streams that have nothing to show yet because something does not work: by name, why. */
  readonly starting: ReadonlyMap<string, string | undefined>;
}

/** What the watch tells: an answer, or undefined when the server could not be reached. */
export type StreamWatchListener = (answer: StreamsAnswer | undefined) => void;

const TIMEOUT = 5000;
/** While all is well changes come by the marker feed; this is for what it could miss. */
const CALM_DELAY = 10_000;
/** Where they don't come by it, the time between two questions grows from the first of these to the last. */
const EAGER_DELAYS = [1000, 1500, 2500] as const;

/**
 * Begins to watch. `calm` says whether the page lacks nothing now: then it asks rarely. It is the one that finds out
 * whether the server is there: while it is not, the gate is closed to all others.
 */
export function watchStreams(
  calm: () => boolean,
  listener: StreamWatchListener,
  gate: ServerGate = serverGate,
): StreamWatch {
  const stop = new AbortController();
  let clock: ServerClock = unknownServerClock;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: Promise<void> | undefined;
  let preloaded = true;
  let resting = false;
  let isAway = false;
  let failures = 0;
  let answers = 0;

  gate.asks(async () => {
    // Known to be away, it is asked for in its own time.
    if (!isAway) await ask();
    return !isAway;
  });

  function ask(): Promise<void> {
    clearTimeout(timer);
    asking ??= askOnce().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  async function askOnce(): Promise<void> {
    let answer: StreamsAnswer | undefined;
    try {
      answer = await fetchStreams();
    } catch {
      // Not reachable, or no proper answer: that is what undefined says.
    }
    if (stop.signal.aborted) return;
    isAway = answer === undefined;
    failures = isAway ? failures + 1 : 0;
    gate.close('away', isAway);
    listener(answer);
    if (!resting) timer = setTimeout(() => void ask(), delay());
  }

  function delay(): number {
    if (isAway) return jitteredBackOff(failures);
    if (calm()) return CALM_DELAY;
    answers += 1;
    return EAGER_DELAYS[Math.min(answers, EAGER_DELAYS.length) - 1] ?? CALM_DELAY;
  }

  async function fetchStreams(): Promise<StreamsAnswer> {
    // The browser asks for the first answer while it loads this script: some time after the navigation began.
    const sentAt = preloaded ? performance.timeOrigin : Date.now();
    preloaded = false;
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT)]);
    const response = await fetch('streams', { signal });
    const date = Date.parse(response.headers.get('date') ?? '');
    // A cached answer carries the Date of its making.
    if (response.headers.get('age') === null) clock = learn(clock, { sentAt, receivedAt: Date.now(), date });
    // The session is over, or the signature of the address: the server shows another page, which says so.
    if (response.status === 401 || response.status === 403) location.reload();
    if (!response.ok) throw new Error(`streams answered ${response.status}`);
    const body = (await response.json()) as Record<string, unknown>;
    return {
      streams: Array.isArray(body.streams)
        ? body.streams.flatMap((entry) => readStreamInfo(entry) ?? [])
        : [],
      mayMark: body.mayMark === true,
      session: body.session === true,
      storeDown: body.store === 'down',
      starting: new Map(
        (Array.isArray(body.starting) ? body.starting : []).map((entry) => [
          String(entry?.name),
          readReason(entry?.problems),
        ]),
      ),
      default: typeof body.default === 'string' ? body.default : undefined,
    };
  }

  void ask();
  return {
    wake() {
      failures = 0;
      answers = 0;
      if (!resting) void ask();
    },
    rest(now) {
      if (now === resting) return;
      resting = now;
      clearTimeout(timer);
      if (!resting) void ask();
    },
    serverNow: () => Date.now() + offsetOf(clock),
    close() {
      stop.abort();
      clearTimeout(timer);
    },
  };
}
