import { type EpochMicroseconds, toIsoDate } from '../clock.ts';
import { markerFold, type SavedMarker } from '../hls/marker-checkpoint.ts';
import type { Marker, MarkerChange, MarkerLogEntry, MarkerState } from '../hls/marker-log.ts';
import { isAhead, isCutOff, isSameGeneration, LOG_START } from '../store/cursor.ts';
import { CheckpointedFold } from '../store/log/checkpoint.ts';
import type { Cursor, LogEntry, LogEvent } from '../store/store.ts';
import { eventId, type HookEvent, markerEvents } from './event.ts';

/** What entries of a marker log are to tell others. */
export interface MarkerNews {
  /** Where the log was read up to with it. */
  readonly cursor: Cursor;
  readonly events: readonly HookEvent[];
  /** Of the markers they tell of: those that go on, and those that do no more. */
  readonly open: readonly Marker[];
  readonly over: readonly string[];
  /** From here on the log is read entry by entry. */
  readonly begins?: boolean;
}

/** What is known from before. */
export interface MarkerReaderOptions {
  readonly stream: string;
  /** Whose classes are told of; all where none is named. */
  readonly classes: readonly string[];
  /** What came up to here was told; undefined where this log was never read. */
  readonly cursor: Cursor | undefined;
  /** Then nothing is told of what had ended before. */
  readonly since: EpochMicroseconds;
  /** Markers whose begin was told, and whose end was not. */
  readonly open: ReadonlyMap<string, Marker>;
  readonly now: () => EpochMicroseconds;
}

/** What lies in the log already is read; what of it others know is not known yet. */
interface Reading {
  /** The log's newest entry when reading began; undefined for an empty log, and missing until that is known. */
  readonly end?: { readonly cursor: Cursor | undefined };
  /** Where the log was read up to before it began anew; missing at the start. */
  readonly again?: { readonly after: Cursor };
}

/**
 * Reads a marker log for what others are to be told, from where that ended. Where that place is not in the log any more,
 * what happened meanwhile is taken from what is there: all that is missed are edits in between.
 */
export class MarkerReader {
  readonly #options: MarkerReaderOptions;
  #fold: CheckpointedFold<MarkerState, MarkerLogEntry, MarkerChange, SavedMarker>;
  /** Markers as others know them, those of other classes among them. */
  #reported = new Map<string, Marker>();
  #reading: Reading | undefined = {};
  #last: Cursor = LOG_START;

  constructor(options: MarkerReaderOptions) {
    this.#options = options;
    this.#fold = this.#beginFold();
    if (options.cursor === LOG_START) this.#reading = { end: { cursor: undefined } };
  }

  /** Classes of all markers that are told of, and of those that go on. */
  get classes(): { readonly all: ReadonlySet<string>; readonly open: ReadonlySet<string> } {
    const { markers, open } = this.#fold.state;
    return {
      all: new Set([...markers.values()].flatMap((marker) => this.#ifReported(marker)?.class ?? [])),
      open: new Set([...open].flatMap((id) => this.#ifReported(markers.get(id))?.class ?? [])),
    };
  }

  /** Whether the end of what lies in the log is to be said, by {@link endsAt}. */
  get asksForEnd(): boolean {
    return this.#reading !== undefined && this.#reading.end === undefined;
  }

  /** Takes what a follow of the log yields. */
  take(event: LogEvent): MarkerNews[] {
    if (event.type === 'reset') {
      if (this.#reading?.again === undefined && this.#reading !== undefined) this.#reading = {};
      else this.#reading = { again: this.#reading?.again ?? { after: this.#last } };
      this.#fold = this.#beginFold();
      this.#last = LOG_START;
      return [];
    }
    return [...this.#takeEntry(event), ...this.#finishReading()];
  }

  /** Says which is the newest entry of the log, undefined for an empty log. */
  endsAt(cursor: Cursor | undefined): MarkerNews[] {
    if (this.#reading === undefined) return [];
    this.#reading = { ...this.#reading, end: { cursor } };
    return this.#finishReading();
  }

  #beginFold(): CheckpointedFold<MarkerState, MarkerLogEntry, MarkerChange, SavedMarker> {
    return new CheckpointedFold({
      ...markerFold,
      load: (saved: readonly SavedMarker[]) => {
        const state = markerFold.load(saved);
        if (this.#reading?.again === undefined) this.#reported = new Map(state.markers);
        return state;
      },
    });
  }

  #takeEntry(entry: LogEntry): MarkerNews[] {
    const news: MarkerNews[] = [];
    for (const { cursor, changes } of this.#fold.take(entry)) {
      this.#last = cursor;
      if (this.#reading?.again !== undefined) continue;
      const events = changes.flatMap((change, index) => {
        const before = this.#reported.get(change.marker.id);
        const after = change.op === 'delete' ? undefined : change.marker;
        if (after === undefined) this.#reported.delete(change.marker.id);
        else this.#reported.set(after.id, after);
        return this.#reading === undefined ? this.#events(before, after, `${cursor}/${index}`) : [];
      });
      if (this.#reading === undefined) news.push(this.#news(events));
      else if (cursor === this.#options.cursor) this.#reading = undefined;
    }
    this.#forgetReleased();
    return news;
  }

  /** What has left the window is not told of again. */
  #forgetReleased(): void {
    const { dateRanges } = this.#fold.state;
    if (this.#reading !== undefined || this.#reported.size <= dateRanges.size) return;
    for (const id of this.#reported.keys()) if (!dateRanges.has(id)) this.#reported.delete(id);
  }

  #finishReading(): MarkerNews[] {
    const reading = this.#reading;
    if (reading?.end === undefined || !this.#fold.settled) return [];
    const { cursor: end } = reading.end;
    if (end !== undefined && end !== this.#last && !isAhead(this.#last, end)) return [];
    this.#reading = undefined;
    const events = reading.again === undefined ? this.#sinceStopped() : this.#sinceReset(reading.again.after);
    return [{ ...this.#news(events), begins: true }];
  }

  #news(events: readonly HookEvent[]): MarkerNews {
    const ids = [...new Set(events.flatMap(({ marker }) => marker?.id ?? []))];
    const open = ids.flatMap((id) => this.#ifReported(this.#reported.get(id)) ?? []).filter(goesOn);
    const over = ids.filter((id) => !open.some((marker) => marker.id === id));
    return { cursor: this.#last, events, open, over };
  }

  /** What happened between the place up to which was told, which is gone, and the end of the log. */
  #sinceStopped(): HookEvent[] {
    const { cursor, since, open } = this.#options;
    const { markers, order, dateRanges } = this.#fold.state;
    const isReported = (marker: Marker) => {
      if (cursor === undefined) return marker.duration !== null && marker.date < since;
      const opened = dateRanges.get(marker.id)?.opened;
      return opened !== undefined && isSameGeneration(opened, cursor) && !isAhead(opened, cursor);
    };
    this.#reported = new Map(markers);
    return [
      ...order.flatMap((id) => {
        const after = markers.get(id);
        const before = open.get(id);
        if (after === undefined || (before === undefined && isReported(after))) return [];
        return this.#events(before, after, this.#last);
      }),
      ...this.#gone(open, this.#last),
    ];
  }

  /** What is different since the log began anew: it was lost and is being restored, or cut off in front. */
  #sinceReset(after: Cursor): HookEvent[] {
    const { markers, order } = this.#fold.state;
    const reported = this.#reported;
    const events = order.flatMap((id) => this.#events(reported.get(id), markers.get(id), this.#last));
    const wasCutOff = isCutOff(this.#last, after);
    const stillOpen = new Map([...reported].filter(([, marker]) => goesOn(marker)));
    // What a log lacks that was lost may come again.
    this.#reported = new Map(wasCutOff ? markers : [...reported, ...markers]);
    return wasCutOff ? [...events, ...this.#gone(stillOpen, this.#last)] : events;
  }

  /** Those that went on and are not there any more. */
  #gone(open: ReadonlyMap<string, Marker>, place: string): HookEvent[] {
    const { markers } = this.#fold.state;
    if (this.#last === LOG_START) return [];
    return [...open].flatMap(([id, before]) =>
      markers.has(id) ? [] : this.#events(before, undefined, place),
    );
  }

  #events(before: Marker | undefined, after: Marker | undefined, place: string): HookEvent[] {
    const { stream, now } = this.#options;
    const [then, next] = [this.#ifReported(before), this.#ifReported(after)];
    return markerEvents(then, next).map((what) => {
      const { date = now(), duration, id = '' } = next ?? then ?? {};
      const at =
        what.type === 'marker.begun' ? date : what.type === 'marker.ended' ? date + (duration ?? 0) : now();
      return { id: eventId(stream, place, id, what.type), timestamp: toIsoDate(at), stream, ...what };
    });
  }

  #ifReported(marker: Marker | undefined): Marker | undefined {
    const { classes } = this.#options;
    return marker !== undefined && (classes.length === 0 || classes.includes(marker.class))
      ? marker
      : undefined;
  }
}

function goesOn({ duration }: Marker): boolean {
  return duration === null;
}
