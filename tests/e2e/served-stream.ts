import { createApi } from '../../src/api/api.ts';
import { fromEpochMilliseconds, fromSeconds } from '../../src/clock.ts';
import { type Marker, markerLogName } from '../../src/hls/marker-log.ts';
import {
  type InitEntry,
  initFile,
  mediaFolder,
  type PlaylistEntry,
  playlistLogName,
  segmentFile,
} from '../../src/hls/playlist-log.ts';
import { STREAMS_LOG, type StreamEntry, streamToLog } from '../../src/hls/stream-log.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { until } from '../api/fixture.ts';
import { type FaultyServer, startFaultyServer } from './faulty-server.ts';
import type { RecordedStream } from './recorded-stream.ts';

/** A recorded stream, live, as the real API serves it: what its packager would say stands in a store in memory. */
export interface ServedStream extends FaultyServer {
  /** Opens a marker of no duration, as a detector would. */
  mark(id: string, date: number, text: string): Promise<void>;
}

const NAME = 'fixture';
const EPOCH = 'first';
const RUN = 'r1';
const SECOND = fromSeconds(1);

/** Serves it on a free port, at its own time; `window` in seconds. */
export async function serveStream(recorded: RecordedStream, window: number): Promise<ServedStream> {
  const { dateOf, listed, now } = recorded;
  const stop = new AbortController();
  const store = new MemoryStore();
  const folder = mediaFolder(NAME, EPOCH);
  const media = (msn: number) => recorded.file(`/video/seg${msn}.m4s`) as Buffer;
  const failures: unknown[] = [];
  const api = createApi({
    ...{ store, storage: storageOf(recorded, folder), defaultName: NAME, webFolder: 'dist/web' },
    ...{ lowLatency: false, processMetrics: false, failed: (error) => failures.push(error) },
    clock: {
      ...{ now, passed: now },
      every(milliseconds, action) {
        const timer = setInterval(action, milliseconds);
        return () => clearInterval(timer);
      },
    },
  });
  const append = (entry: PlaylistEntry) => store.append(playlistLogName(NAME, EPOCH), entry);

  const stream: StreamEntry = {
    ...{ name: NAME, epoch: EPOCH, startedAt: fromEpochMilliseconds(dateOf(0, 0)) },
    ...{ targetDuration: SECOND, partTarget: 0, partHoldBack: 0, holdBack: 3 * SECOND },
    window: fromSeconds(window),
  };
  const init: InitEntry = {
    ...{ type: 'init', run: RUN, anchor: { pts: 0, date: stream.startedAt }, codecs: 'avc1.42c01e' },
    ...{ width: 320, height: 180, frameRate: 10, bandwidth: 1_000_000 },
  };
  await store.append(STREAMS_LOG, streamToLog(stream));
  await append(init);
  let published = listed().first;
  let removed = published;

  /** Says of every segment that is there by now that it is. */
  async function publish(): Promise<void> {
    const { first, next } = listed();
    while (published < next) {
      const msn = published;
      published += 1;
      const bytes = media(msn).length;
      const of = { msn, run: RUN, pts: msn * SECOND, duration: SECOND, bytes };
      const date = fromEpochMilliseconds(dateOf(msn, 0));
      const whole = { discontinuity: false, discontinuitySequence: 0, date };
      await append({
        ...{ type: 'segment', ...of, ...whole, parts: [{ duration: SECOND, independent: true, bytes }] },
      });
    }
    if (first > removed) await append({ type: 'removed', before: first });
    removed = first;
    await until(() => (api.live.stream(NAME)?.state?.nextMsn ?? 0) >= next || stop.signal.aborted);
  }
  let publishing = publish();
  const timer = setInterval(() => {
    publishing = publishing.then(publish);
  }, 100);
  await publishing;

  const server = await startFaultyServer(async (request, response) => {
    await publishing;
    api.answer(request, response);
  }, now);
  return Object.assign(server, {
    async mark(id: string, date: number, text: string) {
      const at = fromEpochMilliseconds(date);
      const marker: Marker = {
        ...{ id, stream: NAME, pts: at - stream.startedAt, date: at, duration: 0, text },
        ...{ class: 'test', source: 'test', data: {} },
      };
      await store.append(markerLogName(NAME), { operations: [{ op: 'open', marker }] });
    },
    close: closing(server.close),
  });

  function closing(closeServer: () => Promise<void>): () => Promise<void> {
    return async () => {
      stop.abort();
      clearInterval(timer);
      await publishing;
      await closeServer();
      await api.close();
      await store.close();
      if (failures.length > 0) throw new AggregateError(failures, 'the API failed');
    };
  }
}

/** The recorded media where a packager would have written it. */
function storageOf(recorded: RecordedStream, folder: string): Storage {
  const none = async () => {};
  return {
    ...{ write: none, remove: none, removeFolder: none, folders: async () => [] },
    async read(path) {
      if (path === `${folder}/${initFile(RUN)}`) return recorded.file('/video/init.mp4') as Buffer;
      const msn = Number(/(\d+)\.m4s$/.exec(path)?.[1]);
      return path === `${folder}/${segmentFile(msn)}`
        ? (recorded.file(`/video/seg${msn}.m4s`) as Buffer)
        : undefined;
    },
  };
}
