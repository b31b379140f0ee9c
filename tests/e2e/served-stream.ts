import { type ApiOptions, createApi } from '../../src/api/api.ts';
import type { WallClock } from '../../src/api/http/wall-clock.ts';
import { PROBLEMS_KEY, type Problem, problemEntry } from '../../src/api/live/problems.ts';
import { fromEpochMilliseconds, fromSeconds, type Microseconds } from '../../src/clock.ts';
import { type Marker, type MarkerOperation, markerLogName } from '../../src/hls/marker-log.ts';
import { MOST_MARKERS } from '../../src/hls/marker-rules.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { until } from '../api/fixture.ts';
import { hangBound } from '../hang-bound.ts';
import { until as untilSoon } from '../until.ts';
import { DepartingStore } from './departing-store.ts';
import { EncoderReports, type EncoderState } from './encoder-reports.ts';
import { type FaultyServer, startFaultyServer } from './faulty-server.ts';
import { RecordedDetector, type Sights } from './recorded-detector.ts';
import { type PackagedAs, RecordedPackager } from './recorded-packager.ts';
import type { RecordedStream } from './recorded-stream.ts';

/** An event that was seen. */
export interface SeenEvent {
  readonly id: string;
  /** In milliseconds since the Unix epoch. */
  readonly date: number;
  /** In seconds; null while it goes on. @default 0 */
  readonly duration?: number | null;
  /** @default the id */
  readonly text?: string;
  /** @default 'test' */
  readonly class?: string;
  readonly data?: Marker['data'];
  /** @default that of the date */
  readonly pts?: Microseconds;
}

/** Recorded streams, live, as the real API serves them: what other processes would say stands in a store in memory. */
export interface ServedStream extends FaultyServer {
  readonly store: DepartingStore;
  /** Lists what is there, and what comes. */
  begin(): Promise<void>;
  /** Opens markers, as a detector would. */
  mark(...events: readonly SeenEvent[]): Promise<void>;
  /** Changes markers, as a detector would. */
  change(...operations: readonly MarkerOperation[]): Promise<void>;
  /** Something is looked for in the stream's frames, from its beginning on. */
  look(sights: Sights): Promise<void>;
  /** The source ends. */
  end(): Promise<void>;
  /** The stream begins a new epoch. */
  beginEpoch(epoch: string): Promise<void>;
  /** The server has waited for so long at once, on the clock that nobody sets, that what nothing new comes of stalls. */
  outlast(): Promise<void>;
  /** How the stream's encoder does from now on. */
  encoder(state: EncoderState): Promise<void>;
  /** Why the stream's encoder does not work, as it says itself; undefined once it does. */
  problem(message: string | undefined): Promise<void>;
  /** Another stream that shows the same, beside it; nothing new comes of one that has ended, or whose encoder does not work. */
  also(as: PackagedAs, encoder?: EncoderState | 'ended'): Promise<void>;
}

/** How it is served. */
export interface ServeOptions extends Omit<PackagedAs, 'name'> {
  /** Nothing is listed before `begin` is called. @default false */
  readonly waits?: boolean;
  /** What the server is told beside what it needs. */
  readonly api?: Partial<ApiOptions>;
}

const NAME = 'fixture';
/** A stream stalls when nothing has come for a target duration and a bit; that is less than this, in milliseconds. */
const STALLS_AFTER = 5000;

/** Serves it on a free port, at its own time. */
export async function serveStream(
  recorded: RecordedStream,
  options: ServeOptions = {},
): Promise<ServedStream> {
  const { now } = recorded;
  const stop = new AbortController();
  let outlasted = 0;
  const store = new DepartingStore();
  const failures: unknown[] = [];
  const packagers: RecordedPackager[] = [];
  const storage = storageOf(packagers);
  const api = createApi({
    ...{ store, storage, defaultName: NAME, webFolder: 'dist/web' },
    ...{
      processMetrics: false,
      failed: (error: unknown) => failures.push(error),
      clock: clockOf(now, () => now() + outlasted),
    },
    ...options.api,
  });
  const first = new RecordedPackager(store, recorded, { ...options, name: NAME });
  packagers.push(first);
  await first.announce();

  const encoders = new Map([[NAME, new EncoderReports(store, NAME)]]);

  const live = new Set<RecordedPackager>();
  let detector: RecordedDetector | undefined;
  async function publish(): Promise<void> {
    if (store.isAway) return;
    await detector?.look();
    for (const packager of live) {
      await packager.publish();
      const isFolded = () => (api.live.stream(packager.name)?.state?.nextMsn ?? -1) >= packager.nextMsn;
      await until(() => isFolded() || stop.signal.aborted);
    }
  }
  let publishing = Promise.resolve();
  const publishNow = () => {
    publishing = publishing.then(publish);
    return publishing;
  };
  const begin = async (packager: RecordedPackager) => {
    await encoders.get(packager.name)?.set('works');
    live.add(packager);
    await publishNow();
  };
  if (!options.waits) await begin(first);
  const timer = setInterval(() => void publishNow(), 100);

  async function change(...operations: readonly MarkerOperation[]): Promise<void> {
    for (let at = 0; at < operations.length; at += MOST_MARKERS) {
      const some = operations.slice(at, at + MOST_MARKERS);
      const cursor = await store.append(markerLogName(NAME), { operations: some });
      await api.live.stream(NAME)?.markers.folded(cursor, AbortSignal.timeout(hangBound(10)));
    }
  }

  async function outlast(): Promise<void> {
    // What is there comes before that.
    await publishNow();
    outlasted += STALLS_AFTER;
  }

  const server = await startFaultyServer(async (request, response) => {
    await publishing;
    api.answer(request, response);
  }, now);
  const { close } = server;
  return Object.assign(server, {
    store,
    change,
    begin: () => begin(first),
    mark(...events: readonly SeenEvent[]) {
      const opened = events.map((event): MarkerOperation => {
        const { id, date, pts = recorded.ptsAt(date), duration = 0, text = id, data = {} } = event;
        const marker: Marker = {
          ...{ id, stream: NAME, pts, date: fromEpochMilliseconds(date), text, data },
          ...{ duration: duration === null ? null : fromSeconds(duration) },
          ...{ class: event.class ?? 'test', source: 'test' },
        };
        return { op: 'open', marker };
      });
      return change(...opened);
    },
    look(sights: Sights) {
      detector = new RecordedDetector(store, storage, NAME, recorded, sights);
      return publishNow();
    },
    end() {
      recorded.end();
      return publishNow();
    },
    async beginEpoch(epoch: string) {
      publishing = publishing.then(() => first.beginEpoch(epoch));
      await until(() => api.live.stream(NAME)?.state?.stream.epoch === epoch);
    },
    outlast,
    encoder: async (state: EncoderState) => encoders.get(NAME)?.set(state),
    async problem(message: string | undefined) {
      const [since, times] = [Date.parse('2026-01-01T00:00:00.000Z'), 3];
      const solved = message === undefined;
      const problem: Problem = {
        ...{ code: 'SOURCE_FAILED', message: message ?? '', since, at: now(), times, solved },
      };
      await store.update(PROBLEMS_KEY, { [problemEntry(NAME, 'stream')]: problem });
    },
    async also(as: PackagedAs, encoder: EncoderState | 'ended' = 'works') {
      const packager = new RecordedPackager(store, recorded, as);
      packagers.push(packager);
      const reports = new EncoderReports(store, as.name);
      encoders.set(as.name, reports);
      await packager.announce();
      await begin(packager);
      if (encoder === 'works') return;
      live.delete(packager);
      if (encoder === 'ended') await packager.end();
      await reports.set(encoder === 'ended' ? 'gone' : encoder);
      const of = (name: string) => api.live.stream(name);
      if (encoder === 'ended') return untilSoon('its end', 10, () => of(as.name)?.status === 'ended');
      await outlast();
      const lack = encoder === 'silent' ? 'source' : 'encoder';
      const stands = () => of(as.name)?.waitingFor === lack && of(NAME)?.status === 'live';
      await untilSoon(`it waits for its ${lack}, and no other does`, 15, stands);
    },
    async close() {
      stop.abort();
      clearInterval(timer);
      await publishing;
      for (const encoder of encoders.values()) await encoder.set('gone');
      await close();
      await api.close();
      await store.close();
      if (failures.length > 0) throw new AggregateError(failures, 'the API failed');
    },
  });
}

/** The recorded stream's own time. */
function clockOf(now: () => number, passed: () => number): WallClock {
  return {
    ...{ now, passed },
    every(milliseconds, action) {
      const timer = setInterval(action, milliseconds);
      return () => clearInterval(timer);
    },
  };
}

/** The recorded media where packagers would have written it, and what is written. */
function storageOf(packagers: readonly RecordedPackager[]): Storage {
  const written = new Map<string, Buffer>();
  const none = async () => {};
  return {
    ...{ remove: none, removeFolder: none, folders: async () => [] },
    async write(path, chunks) {
      written.set(path, Buffer.concat(chunks));
    },
    async read(path) {
      if (written.has(path)) return written.get(path);
      for (const packager of packagers) {
        const bytes = packager.read(path);
        if (bytes !== undefined) return bytes;
      }
      return undefined;
    },
  };
}
