import type { FixtureMarker } from './fixture-server.ts';

/** A marker on a frame of the fixture, which has one every 1/30 s; `begin` is the first one's date in milliseconds. */
export function marker(id: string, begin: number, frame: number): FixtureMarker {
  const date = new Date(Math.round(begin + (frame * 1000) / 30)).toISOString();
  return {
    id,
    stream: 'fixture',
    time: frame / 30,
    date,
    duration: 0,
    text: id,
    class: 'test',
    source: 'test',
  };
}
