import type { Marker } from '../../src/hls/marker-log.ts';
import { NOON } from './simulated-stream.ts';

/** A marker with these facts and plain ones for the rest. */
export function marker(facts: Partial<Marker> = {}): Marker {
  const pts = facts.pts ?? 0;
  return {
    id: 'a',
    stream: 'test',
    pts,
    date: NOON + pts,
    duration: 0,
    text: 'seen',
    class: 'event',
    source: 'test',
    data: {},
    ...facts,
  };
}
