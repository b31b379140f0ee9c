import { dateOf, fromSeconds, type Microseconds } from '../../src/clock.ts';
import {
  applyPartEntry,
  applyPlaylistEntry,
  emptyMediaState,
  type InitEntry,
  type MediaState,
  type PartEntry,
} from '../../src/hls/playlist-log.ts';
import type { StreamEntry } from '../../src/hls/stream-log.ts';

/** Noon of a fixed day: dates in golden playlists stay what they are. */
export const NOON = Date.UTC(2026, 0, 2, 12) * 1000;

export const stream: StreamEntry = {
  name: 'test',
  epoch: 'e1',
  startedAt: NOON,
  targetDuration: 2_000_000,
  partTarget: 343_333,
  partHoldBack: 1_030_000,
  holdBack: 6_000_000,
  window: 60_000_000,
};

/** A packager in miniature: it appends what a real one may append, and folds it at once. */
export class SimulatedStream {
  readonly state: MediaState;
  /** Called after every entry. */
  onEntry: () => void = () => {};
  #run = 0;
  #pts: Microseconds = 0;
  #number = 0;
  #broken = false;
  #parts: PartEntry[] = [];

  constructor(facts: Partial<StreamEntry> = {}) {
    this.state = emptyMediaState({ ...stream, ...facts });
    this.startRun(0);
  }

  /** A new encoder; `gap` µs of the clock pass first. */
  startRun(gap: Microseconds): void {
    this.#run += 1;
    this.#pts += gap;
    const over = this.state.segments.at(-1)?.endsRun === true;
    if (this.state.nextMsn > 0 && this.#parts.length === 0 && !over) {
      applyPlaylistEntry(this.state, { type: 'break', msn: this.state.nextMsn });
      this.onEntry();
    }
    this.#broken = this.state.nextMsn > 0;
    this.#number = this.state.discontinuitySequence + (this.#broken ? 1 : 0);
    const init: InitEntry = {
      type: 'init',
      run: `r${this.#run}`,
      anchor: { pts: this.#pts, date: NOON + this.#pts },
      codecs: 'avc1.64001f',
      width: 640,
      height: 360,
      frameRate: 30,
      bandwidth: 2_000_000,
    };
    applyPlaylistEntry(this.state, init);
    this.onEntry();
  }

  /** One more part of the open segment; the `last` one closes it, and perhaps its run. */
  part(duration: Microseconds, last = false, endsRun = false): void {
    const part: PartEntry = {
      type: 'part',
      msn: this.state.nextMsn,
      part: this.#parts.length,
      run: `r${this.#run}`,
      pts: this.#pts,
      duration,
      date: dateOf({ pts: 0, date: NOON }, this.#pts),
      independent: this.#parts.length === 0,
      bytes: 1000,
      discontinuity: this.#broken,
      discontinuitySequence: this.#number,
    };
    this.#parts.push(part);
    this.#pts += duration;
    if (last) {
      // Its segment's entry announces it.
      this.#closeSegment(endsRun);
      return;
    }
    applyPartEntry(this.state, part);
    this.onEntry();
  }

  /** Closes the open segment with the parts it has, as after the death of a stream child. */
  close(): void {
    this.#closeSegment(true);
  }

  #closeSegment(endsRun: boolean): void {
    const [first] = this.#parts;
    if (first === undefined) return;
    const { msn, run, pts, date, discontinuity, discontinuitySequence } = first;
    applyPlaylistEntry(this.state, {
      type: 'segment',
      ...{ msn, run, pts, date, discontinuity, discontinuitySequence },
      duration: this.#parts.reduce((sum, part) => sum + part.duration, 0),
      bytes: 1000 * this.#parts.length,
      parts: this.#parts.map(({ duration, independent, bytes }) => ({ duration, independent, bytes })),
      ...(endsRun && { endsRun }),
    });
    this.#parts = [];
    this.#broken = false;
    this.onEntry();
    this.#slide();
  }

  /** A whole segment of parts of these durations, in µs. */
  segment(durations: readonly Microseconds[] = Array(6).fill(fromSeconds(1 / 3))): void {
    durations.forEach((duration, index) => {
      this.part(duration, index === durations.length - 1);
    });
  }

  /** The source has ended. */
  end(): void {
    this.#closeSegment(false);
    applyPlaylistEntry(this.state, { type: 'end' });
    this.onEntry();
  }

  #slide(): void {
    const { segments, stream: facts } = this.state;
    let listed = segments.reduce((sum, { duration }) => sum + duration, 0);
    let before = segments[0]?.msn ?? 0;
    for (const segment of segments) {
      listed -= segment.duration;
      if (listed < facts.window) break;
      before = segment.msn + 1;
    }
    applyPlaylistEntry(this.state, { type: 'removed', before });
    this.onEntry();
  }
}
