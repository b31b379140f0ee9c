import { dateOf, type EpochMicroseconds, fromEpochMilliseconds, toSeconds } from '../../clock.ts';
import { lastListed } from '../../hls/live-edge.ts';
import type { WallClock } from '../http/wall-clock.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { LiveState } from './live-state.ts';
import type { LiveStream } from './live-stream.ts';

/** The end of the newest listed frame. */
function edgeDate({ state }: LiveStream): EpochMicroseconds | undefined {
  const last = state && lastListed(state);
  return last && dateOf(last, last.pts + last.duration);
}

/**
 * Tells `metrics` how long each part took to be listed here. What was there before this process began was not
 * published to it.
 */
export function measurePublishing(live: LiveState, metrics: Metrics, clock: WallClock): void {
  const begun = fromEpochMilliseconds(clock.now());
  const edges = new WeakMap<LiveStream, EpochMicroseconds>();
  live.onChange((stream, { type }) => {
    const edge = type === 'media' ? edgeDate(stream) : undefined;
    if (edge === undefined || edge <= (edges.get(stream) ?? begun)) return;
    edges.set(stream, edge);
    metrics.published(stream.name, toSeconds(fromEpochMilliseconds(clock.now()) - edge));
  });
}

/** Seconds from the date of the newest listed frame to now, by stream. */
export function edgeAges(live: LiveState, clock: WallClock): Map<string, number> {
  const ages = new Map<string, number>();
  for (const stream of live.streams) {
    const edge = edgeDate(stream);
    if (edge !== undefined) ages.set(stream.name, toSeconds(fromEpochMilliseconds(clock.now()) - edge));
  }
  return ages;
}
