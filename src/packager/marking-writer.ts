import { type Microseconds, toSeconds } from '../clock.ts';
import { newInstance } from '../hls/date-range-origin.ts';
import { type FrameMarker, type FrameMarkerEnd, type FrameMarking, originOf } from '../hls/frame-marker.ts';
import type { Marker, MarkerEntry, MarkerOperation, MarkerState } from '../hls/marker-log.ts';
import { MARKER_ID } from '../hls/marker-rules.ts';

/** The `source` of markers that came with frames. */
const SOURCE = 'input';

/** How many events are remembered by their writer's names; the oldest are forgotten. */
const MOST_REMEMBERED = 1000;

/** What a {@link MarkingWriter} works with. */
export interface MarkingWriterOptions {
  /** Name of the stream. */
  readonly stream: string;
  /** Of whoever numbers the frames. */
  readonly session: string;
  /** The markers, as far as they are known. */
  readonly known: () => MarkerState;
  /** The date of a PTS that is listed. */
  readonly dateAt: (pts: Microseconds) => number;
  /** Something cannot be done as it was asked for. */
  readonly refused: (id: string, why: string) => void;
}

/** An entry for the marker log; appended again under the same id it changes nothing. */
export interface IdentifiedEntry {
  readonly id: string;
  readonly entry: MarkerEntry;
}

/**
 * Makes entries of the marker log of what frames say: the same ones whichever process makes them, so that one which
 * takes over doubles nothing. A writer may use its id again when its event is over; the marker has another one then.
 */
export class MarkingWriter {
  readonly #options: MarkingWriterOptions;
  /** Markers by their writer's ids. */
  readonly #own = new Map<string, Marker>();
  /** Ids that were given here, and may not be known yet. */
  readonly #given = new Set<string>();

  constructor(options: MarkingWriterOptions) {
    this.#options = options;
  }

  /** What a frame that is listed at `pts` says. */
  entries(markings: readonly FrameMarking[], number: number, pts: Microseconds): IdentifiedEntry[] {
    return markings.flatMap((marking, index) => {
      const origin = originOf(markings, index, number);
      const place = `${this.#options.session}-${origin.number}-${origin.index}`;
      const operations = 'end' in marking ? this.#end(marking, pts) : this.#begin(marking, pts, place);
      return operations.length === 0 ? [] : [{ id: `frame/${place}`, entry: { operations } }];
    });
  }

  /** All events that still go on end here. */
  endAll(pts: Microseconds): IdentifiedEntry[] {
    const { markers, open } = this.#options.known();
    const going = new Map([...this.#own.values()].map((marker) => [marker.id, marker]));
    for (const id of open) {
      const marker = markers.get(id);
      if (marker?.source === SOURCE) going.set(id, marker);
    }
    return [...going.values()]
      .filter(({ id, duration }) => (markers.get(id)?.duration ?? duration) === null)
      .map(({ id, pts: since }) => ({
        id: `frame-end/${this.#options.session}/${id}`,
        entry: { operations: [{ op: 'close', id, duration: Math.max(0, pts - since) }] },
      }));
  }

  #begin(given: FrameMarker, pts: Microseconds, place: string): MarkerOperation[] {
    const { stream, dateAt } = this.#options;
    const { text, class: group, duration, data, moved } = given;
    const marker: Marker = {
      id: this.#idFor(given.id, pts, place),
      ...{ stream, pts, date: dateAt(pts), duration, text, class: group, source: SOURCE },
      data: moved?.by ? { ...data, beginUncertainty: toSeconds(moved.by) } : data,
    };
    if (given.id !== undefined) this.#remember(given.id, marker);
    return [{ op: 'open', marker, instance: newInstance() }];
  }

  #end({ id, moved }: FrameMarkerEnd, pts: Microseconds): MarkerOperation[] {
    const marker = this.#own.get(id) ?? this.#openOf(id);
    if (marker === undefined) {
      this.#options.refused(id, 'no event of this id goes on');
      return [];
    }
    this.#own.delete(id);
    const operations: MarkerOperation[] = [
      { op: 'close', id: marker.id, duration: Math.max(0, pts - marker.pts) },
    ];
    if (!moved?.by) return operations;
    const data = { ...marker.data, endUncertainty: toSeconds(moved.by) };
    return [...operations, { op: 'edit', id: marker.id, changes: { data } }];
  }

  /** The writer's own id where it is free, or is that of this very marker. */
  #idFor(own: string | undefined, pts: Microseconds, place: string): string {
    const made = own === undefined ? `frame-${place}` : `${own}-${place}`;
    // A long id leaves no room for more.
    const other = MARKER_ID.test(made) ? made : `frame-${place}`;
    if (own === undefined) return other;
    const { markers, dateRanges } = this.#options.known();
    const marker = markers.get(own);
    if (marker?.source === SOURCE && marker.pts === pts) return own;
    return dateRanges.has(own) || this.#given.has(own) ? other : own;
  }

  /** The event of this writer's id that goes on, where a process before this one opened it: the newest. */
  #openOf(own: string): Marker | undefined {
    const { markers, open } = this.#options.known();
    const found = [...open]
      .map((id) => markers.get(id))
      .filter(
        (marker) => marker?.source === SOURCE && (marker.id === own || marker.id.startsWith(`${own}-`)),
      );
    return found.sort((a, b) => (b?.pts ?? 0) - (a?.pts ?? 0))[0];
  }

  #remember(own: string, marker: Marker): void {
    this.#given.add(marker.id);
    this.#own.delete(own);
    this.#own.set(own, marker);
    for (const oldest of this.#own.keys()) {
      if (this.#own.size <= MOST_REMEMBERED) break;
      this.#own.delete(oldest);
    }
    if (this.#given.size <= MOST_REMEMBERED) return;
    const { dateRanges } = this.#options.known();
    for (const id of this.#given) if (dateRanges.has(id)) this.#given.delete(id);
  }
}
