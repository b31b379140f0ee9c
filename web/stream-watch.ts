import { learn, offsetOf, type ServerClock, unknownServerClock } from './server-clock.ts';
import { readStreamInfo, type StreamInfo } from './stream-info.ts';

/** What `GET /streams` says, asked again and again. Whoever opens it closes it. */
export interface StreamWatch {
  /** Asks at once. */
  wake(): void;
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
  /** The server cannot reach its store: it learns nothing new of any stream. */
  readonly storeDown: boolean;
}

/** What the watch tells: an answer, or undefined when the server could not be reached. */
export type StreamWatchListener = (answer: StreamsAnswer | undefined) => void;

const PATIENCE = 5000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 5000;
/** While all is well changes come by the marker feed; this is for what it could miss. */
const CALM_DELAY = 10_000;

/** Begins to watch. `calm` says whether the page lacks nothing now: then it asks rarely. */
export function watchStreams(calm: () => boolean, listener: StreamWatchListener): StreamWatch {
  const stop = new AbortController();
  let clock: ServerClock = unknownServerClock;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let delay = FIRST_DELAY;
  let asking = false;
  let preloaded = true;

  async function ask(): Promise<void> {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    let answer: StreamsAnswer | undefined;
    try {
      answer = await fetchStreams();
    } catch {
      // Not reachable, or no proper answer: that is what undefined says.
    }
    asking = false;
    if (stop.signal.aborted) return;
    listener(answer);
    delay = answer === undefined ? Math.min(delay * 1.6, LONGEST_DELAY) : FIRST_DELAY * 2;
    timer = setTimeout(() => void ask(), calm() && answer !== undefined ? CALM_DELAY : delay);
  }

  async function fetchStreams(): Promise<StreamsAnswer> {
    // The browser asks for the first answer while it loads this script: some time after the navigation began.
    const sentAt = preloaded ? performance.timeOrigin : Date.now();
    preloaded = false;
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(PATIENCE)]);
    const response = await fetch('streams', { signal });
    const date = Date.parse(response.headers.get('date') ?? '');
    // A cached answer carries the Date of its making.
    if (response.headers.get('age') === null) clock = learn(clock, { sentAt, receivedAt: Date.now(), date });
    if (!response.ok) throw new Error(`streams answered ${response.status}`);
    const body = (await response.json()) as Record<'streams' | 'default' | 'mayMark' | 'store', unknown>;
    return {
      streams: Array.isArray(body.streams)
        ? body.streams.flatMap((entry) => readStreamInfo(entry) ?? [])
        : [],
      mayMark: body.mayMark === true,
      storeDown: body.store === 'down',
      default: typeof body.default === 'string' ? body.default : undefined,
    };
  }

  void ask();
  return {
    wake() {
      delay = FIRST_DELAY;
      void ask();
    },
    serverNow: () => Date.now() + offsetOf(clock),
    close() {
      stop.abort();
      clearTimeout(timer);
    },
  };
}
