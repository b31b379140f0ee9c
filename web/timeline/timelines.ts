import type { EpochMicroseconds } from '../../src/clock.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import { createThumbnails } from '../api/thumbnails.ts';
import type { EventLooks } from '../markers/event-looks.ts';
import { type FilterState, matches } from '../markers/marker-filter.ts';
import type { Marker, MarkerList } from '../markers/marker-list.ts';
import { datesOf, type MediaClock } from '../player/media-clock.ts';
import type { Player, PlayerState } from '../player/player-state.ts';
import { createBarMarks } from './bar-marks.ts';
import { type Lane, lanesOf } from './lanes.ts';
import { createLegend } from './legend.ts';
import { indexMarkers, type MarkerIndex } from './marker-index.ts';
import { createOverview } from './overview.ts';
import { type MediaShape, noMedia, playerTime, shapeOf } from './timeline-segments.ts';
import type { DateRange } from './view.ts';

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
  /** Goes to a moment that is kept and not loaded. */
  goTo?(date: EpochMicroseconds): void;
}

/** Rows of the overview; more would be too low to hit. */
const LANES = 6;

/** Makes them, and puts them where they belong. */
export function createTimelines(options: TimelinesOptions): Timelines {
  const { player, section, filter, looks, pick, goTo } = options;
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
  let stream: StreamInfo | undefined;
  filter.subscribe(sift);

  function sift(): void {
    const wanted = filter.get();
    const shown = all.filter((marker) => matches(wanted, marker));
    index = indexMarkers(shown);
    lanes = lanesOf(shown, LANES);
  }

  function seek(date: EpochMicroseconds): void {
    const { range, time } = player.state();
    const loaded = datesOf(media.segments, range);
    const to = playerTime(media, date);
    const isLoaded = loaded !== undefined && date >= loaded.start && date <= loaded.end;
    if (to !== undefined && isLoaded) player.seekBy(to - time);
    else goTo?.(date);
  }

  /** All that can be gone to, where what is loaded is not all of it. */
  function reach(loaded: DateRange): DateRange {
    const [kept, edge] = [stream?.keptFrom?.date, stream?.edge?.date];
    if (kept === undefined || edge === undefined || goTo === undefined) return loaded;
    return { start: Math.min(kept, loaded.start), end: Math.max(edge, loaded.end) };
  }

  return {
    set(markers) {
      all = markers;
      legend.draw(markers);
      sift();
    },
    describe(described) {
      stream = described;
      thumbnails.use(stream.thumbnails, stream.prefix);
      // Told again and again, it seldom changed.
      if (JSON.stringify(stream.fillers) === JSON.stringify(media.fillers)) return;
      media = { ...media, fillers: stream.fillers };
    },
    draw(state) {
      if (state.clock !== clock) {
        clock = state.clock;
        media = shapeOf(clock, media.fillers, stream?.edge);
      }
      bar.draw(index, media, state.range, state.time);
      const loaded = datesOf(media.segments, state.range);
      if (loaded === undefined) return;
      overview?.draw({ lanes, media, loaded, whole: reach(loaded), date: state.date });
    },
    placeOf(id) {
      const marker = index.markers.find((one) => one.id === id);
      return marker === undefined ? undefined : bar.placeOf(marker);
    },
  };
}
