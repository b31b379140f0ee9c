import type { EpochMicroseconds } from '../../src/clock.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import { createThumbnails } from '../api/thumbnails.ts';
import type { EventLooks } from '../markers/event-looks.ts';
import { type FilterState, matches } from '../markers/marker-filter.ts';
import type { Marker, MarkerList } from '../markers/marker-list.ts';
import type { MediaClock } from '../player/media-clock.ts';
import type { Player, PlayerState } from '../player/player-state.ts';
import { createBarMarks } from './bar-marks.ts';
import { type Lane, lanesOf } from './lanes.ts';
import { createLegend } from './legend.ts';
import { indexMarkers, type MarkerIndex } from './marker-index.ts';
import { createOverview } from './overview.ts';
import { dateOfTime, type MediaShape, noMedia, playerTime, shapeOf } from './timeline-segments.ts';

/** Both timelines and their legend: the marks on the seek bar, and the overview below the player. */
export interface Timelines {
  /** The markers changed. */
  set(markers: MarkerList): void;
  /** The stream's entry changed. */
  describe(stream: StreamInfo): void;
  /** Called before each repaint; does little when little moved. */
  draw(state: PlayerState): void;
  /** Where a marker begins on the seek bar, 0 to 1; undefined if it is not on it. */
  placeOf(id: string): number | undefined;
}

/** What the timelines are joined to. */
export interface TimelinesOptions {
  readonly player: Player;
  /** The section of the page for the overview and the legend; without one there is only the seek bar. */
  readonly section?: HTMLElement;
  readonly filter: FilterState;
  readonly looks: EventLooks;
  /** Called with the marker that was clicked. */
  pick(marker: Marker): void;
}

/** Rows of the overview; more would be too low to hit. */
const LANES = 6;

/** Makes them, and puts them where they belong. */
export function createTimelines({ player, section, filter, looks, pick }: TimelinesOptions): Timelines {
  const thumbnails = createThumbnails();
  const bar = createBarMarks(pick, thumbnails, looks);
  const overview =
    section && createOverview(section, { pick, seek, goLive: player.goLive }, thumbnails, looks);
  const legend = createLegend(filter, looks);
  section?.querySelector('.overview-head')?.prepend(legend.element);
  player.add(bar.element, 'timeline');
  let all: MarkerList = [];
  let index: MarkerIndex = indexMarkers([]);
  let lanes: readonly Lane[] = [];
  let clock: MediaClock | undefined;
  let media: MediaShape = noMedia;
  filter.subscribe(sift);

  function sift(): void {
    const wanted = filter.get();
    const shown = all.filter((marker) => matches(wanted, marker));
    index = indexMarkers(shown);
    lanes = lanesOf(shown, LANES);
  }

  function seek(date: EpochMicroseconds): void {
    const time = playerTime(media, date);
    if (time !== undefined) player.seekBy(time - player.state().time);
  }

  return {
    set(markers) {
      all = markers;
      legend.draw(markers);
      sift();
    },
    describe(stream) {
      thumbnails.use(stream.thumbnails, stream.prefix);
      // Told again and again, it seldom changed.
      if (JSON.stringify(stream.fillers) === JSON.stringify(media.fillers)) return;
      media = { ...media, fillers: stream.fillers };
    },
    draw(state) {
      if (state.clock !== clock) {
        clock = state.clock;
        media = shapeOf(clock, media.fillers);
      }
      bar.draw(index, media, state.range, state.time);
      const start = dateOfTime(media, state.range.start);
      const end = dateOfTime(media, state.range.end);
      if (start === undefined || end === undefined) return;
      overview?.draw({ lanes, media, whole: { start, end }, date: state.date });
    },
    placeOf(id) {
      const marker = index.markers.find((one) => one.id === id);
      return marker === undefined ? undefined : bar.placeOf(marker);
    },
  };
}
