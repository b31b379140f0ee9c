import { systemClock } from '../api/http/wall-clock.ts';
import { caughtUp } from '../api/live/caught-up.ts';
import { LiveState } from '../api/live/live-state.ts';
import type { LiveStream } from '../api/live/live-stream.ts';
import { presentFiller } from '../hls/filler-ranges.ts';
import type { StreamSeen, StreamsSeen } from '../hooks/hook.ts';
import type { Store } from '../store/store.ts';
import { storeAgain } from '../store/store-return.ts';

/** What is said of a stream whose media does not go on, by what it waits for. */
const WAITS = {
  source: 'its source is silent',
  encoder: 'no new media comes',
  store: 'the store cannot be reached',
} as const;

/**
 * How the streams of a store stand, as `/streams` says it. A stream is up when media came since this began to look: what
 * lies in the store tells nothing of now. Resolves when all that was there is known, or with the signal.
 */
export async function watchStreams(
  store: Store,
  defaultName: string,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): Promise<StreamsSeen & { close(): void }> {
  const live = new LiveState({ store, clock: systemClock, defaultName, failed });
  await storeAgain(store, signal, () => caughtUp(live, store, signal));
  const before = new Map<string, number>();
  for (const { name, state } of live.streams) before.set(name, state?.version ?? 0);
  const listeners = new Set<() => void>();
  live.onChange(({ name, state }, { type }) => {
    const hasMoved = before.has(name) && state?.version !== before.get(name);
    if (hasMoved) before.delete(name);
    if (!hasMoved && type !== 'status') return;
    for (const listener of listeners) listener();
  });
  return {
    get streams() {
      return new Map(live.streams.map((stream) => [stream.name, seenOf(stream, !before.has(stream.name))]));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => live.close(),
  };
}

function seenOf({ status, state, waitingFor }: LiveStream, hasMoved: boolean): StreamSeen {
  if (state === undefined || status === 'starting') return { condition: undefined };
  if (status === 'ended') return { condition: 'ended' };
  if (status === 'stalled') return { condition: 'lost', reason: WAITS[waitingFor ?? 'encoder'] };
  if (presentFiller(state) !== undefined) return { condition: 'lost', reason: WAITS.source };
  return { condition: hasMoved ? 'up' : undefined };
}
