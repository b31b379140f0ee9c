import { markerLogName } from '../../hls/marker-log.ts';
import { type PlaylistEntry, playlistLogName } from '../../hls/playlist-log.ts';
import { STREAMS_LOG, type StreamEntry, streamFromLog } from '../../hls/stream-log.ts';
import type { Store } from '../../store/store.ts';
import type { LiveState } from './live-state.ts';

/** The newest segment is at most so many entries before the end of a playlist log. */
const RECENT = 32;

/**
 * Resolves when `live` has folded all that the store held at the time of the call, or `signal` aborts. A worker
 * that begins to listen before that denies, for a moment, what its siblings serve. Rejects with STORE_*.
 */
export async function caughtUp(live: LiveState, store: Store, signal: AbortSignal): Promise<void> {
  const announced = await store.read(STREAMS_LOG, { latest: true });
  const present = new Map<string, StreamEntry>();
  for (const entry of announced.map(({ value }) => streamFromLog(value))) present.set(entry.name, entry);
  const next = new Map<string, Reached>();
  for (const { name, epoch } of present.values()) {
    const entries = await store.read(playlistLogName(name, epoch), { latest: true, limit: RECENT });
    const msns = entries.map(({ value }) => value as PlaylistEntry);
    const msn = Math.max(0, ...msns.map((entry) => (entry.type === 'segment' ? entry.msn + 1 : 0)));
    next.set(name, { epoch, msn });
  }
  await Promise.all([
    playlistsFolded(live, next, signal),
    markersFolded(live, store, [...next.keys()], signal),
  ]);
}

/** How far a stream had come: its epoch, and the Media Sequence Number of the segment that comes next. */
interface Reached {
  readonly epoch: string;
  readonly msn: number;
}

async function playlistsFolded(
  live: LiveState,
  next: ReadonlyMap<string, Reached>,
  signal: AbortSignal,
): Promise<void> {
  const isFolded = ([name, { epoch, msn }]: [string, Reached]) => {
    const stream = live.stream(name);
    const state = stream?.state;
    // Another epoch may have taken its place meanwhile: of that nothing is left to wait for.
    if (state === undefined || stream?.hasEpoch(epoch) !== true) return false;
    return state.stream.epoch !== epoch || state.nextMsn >= msn;
  };
  const folded = () => [...next].every(isFolded);
  if (folded() || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const unsubscribe = live.onChange(() => {
      if (folded()) done();
    });
    signal.addEventListener('abort', done);
  });
}

async function markersFolded(
  live: LiveState,
  store: Store,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of names) {
    const [newest] = await store.read(markerLogName(name), { latest: true, limit: 1 });
    if (newest !== undefined) await live.stream(name)?.markers.folded(newest.cursor, signal);
  }
}
