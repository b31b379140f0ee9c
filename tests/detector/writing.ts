import { setImmediate as turn } from 'node:timers/promises';
import type { Observation } from '../../src/detector/detector.ts';
import { openMarkerWriter } from '../../src/detector/marker-writer.ts';
import { markerFold } from '../../src/hls/marker-checkpoint.ts';
import { type Marker, markerLogName } from '../../src/hls/marker-log.ts';
import type { PictureRun } from '../../src/hls/marker-runs.ts';
import { CheckpointedFold } from '../../src/store/log/checkpoint.ts';
import type { Store } from '../../src/store/store.ts';

export const log = { info() {}, warn() {} };
export const logName = markerLogName('room');
export const DATE = 1_700_000_000_000_000;

export function picture(
  pts: number,
  more: { dropped?: number; discontinuity?: boolean; run?: PictureRun } = {},
) {
  return { pts, date: DATE + pts, dropped: 0, discontinuity: false, ...more };
}

export function begins(
  key: string,
  pts: number,
  more: Partial<Observation & { type: 'begin' }> = {},
): Observation {
  return {
    type: 'begin',
    key,
    pts,
    date: DATE + pts,
    text: 'Visitor',
    class: 'visitor',
    data: { x: 0.5 },
    ...more,
  };
}

export function ends(key: string, pts: number): Observation {
  return { type: 'end', key, pts };
}

export async function openWriter(store: Store, more: { recognition?: number; lastSeen?: number } = {}) {
  const { recognition, lastSeen } = more;
  const detector = { name: 'eye', ...(recognition !== undefined && { recognition }) };
  const signal = new AbortController().signal;
  return openMarkerWriter({ store, stream: 'room', detector, log, lastSeen, signal });
}

export async function markers(store: Store): Promise<Marker[]> {
  // The writer never waits, so its writes take a few turns.
  for (let i = 0; i < 20; i += 1) await turn();
  const fold = new CheckpointedFold(markerFold);
  for (const entry of await store.read(logName)) fold.take(entry);
  const { state } = fold;
  return state.order.map((id) => state.markers.get(id) as Marker);
}
