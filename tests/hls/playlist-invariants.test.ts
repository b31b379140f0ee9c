import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';
import { fromEpochMilliseconds } from '../../src/clock.ts';
import { listedDateRanges, removedDateRanges } from '../../src/hls/date-range.ts';
import { listedFrom } from '../../src/hls/listed-from.ts';
import { liveEdge } from '../../src/hls/live-edge.ts';
import { applyMarkerEntry, emptyMarkerState, type MarkerState } from '../../src/hls/marker-log.ts';
import { pruneMarkers } from '../../src/hls/marker-prune.ts';
import { renderMediaPlaylist, skipsDiscontinuity } from '../../src/hls/media-playlist.ts';
import type { MediaState } from '../../src/hls/playlist-log.ts';
import { skipBoundary } from '../../src/hls/stream-log.ts';
import { applyDelta } from '../checker/delta.ts';
import { readPlaylist } from '../checker/playlist-text.ts';
import { ReloadChecker } from '../checker/reload-checker.ts';
import fc from '../property.ts';
import { legal, play } from './legal-stream.ts';
import { NOON } from './simulated-stream.ts';

HLS.setOptions({ strictMode: true });

/** Full and delta text of a state. */
function texts(state: MediaState, markers: MarkerState) {
  const options = { dateRanges: listedDateRanges(state, markers), deltaUpdates: true };
  return {
    full: renderMediaPlaylist(state, options),
    yes: renderMediaPlaylist(state, { ...options, skip: 'YES' }),
    v2: renderMediaPlaylist(state, {
      ...options,
      skip: 'v2',
      removedDateRanges: removedDateRanges(state, markers, skipBoundary(state.stream)),
    }),
  };
}

/** Every third segment an event begins, and ends one entry later. */
class Events {
  readonly state = emptyMarkerState();
  #open = '';
  #msn = -1;

  look(media: MediaState): void {
    const edge = liveEdge(media);
    if (edge === undefined || media.nextMsn === this.#msn) return;
    this.#msn = media.nextMsn;
    if (this.#open !== '') {
      const duration = edge - (this.state.markers.get(this.#open)?.pts ?? 0);
      applyMarkerEntry(this.state, { operations: [{ op: 'close', id: this.#open, duration }] });
      this.#open = '';
    } else if (this.#msn % 3 === 0) {
      this.#open = `event-${this.#msn}`;
      const facts = { id: this.#open, stream: 'test', pts: edge, date: NOON + edge, duration: null };
      const marker = { ...facts, text: 'seen', class: 'test', source: 'test', data: {} };
      applyMarkerEntry(this.state, { operations: [{ op: 'open', marker }] });
    }
    const from = listedFrom(media, skipBoundary(media.stream));
    if (from !== undefined) pruneMarkers(this.state, from);
  }
}

describe('playlists of random legal streams', () => {
  test('pass the reload checker, reload after reload', () => {
    fc.assert(
      fc.property(legal, (stream) => {
        const checker = new ReloadChecker();
        const events = new Events();
        play(stream, ({ state }) => {
          events.look(state);
          if (liveEdge(state) === undefined) return;
          checker.feed(texts(state, events.state).full, fromEpochMilliseconds(0));
        });
        assert.deepEqual(checker.violations, []);
      }),
      { numRuns: 120 },
    );
  });

  test('are, with a delta update on top of any version young enough, the same as in full', () => {
    fc.assert(
      fc.property(legal, fc.integer({ min: 1, max: 9 }), (stream, every) => {
        let before: string | undefined;
        let count = 0;
        const events = new Events();
        play(stream, ({ state }) => {
          events.look(state);
          if (liveEdge(state) === undefined) return;
          const { full, yes, v2 } = texts(state, events.state);
          if (before !== undefined) {
            for (const delta of [yes, v2]) {
              const applied = applyDelta(readPlaylist(before), readPlaylist(delta));
              assert.deepEqual(applied.violations, []);
              assert.deepEqual({ ...applied.playlist, removedDateRanges: undefined }, readPlaylist(full));
            }
          }
          count += 1;
          if (count % every === 0) before = full;
        });
      }),
      { numRuns: 40 },
    );
  });

  test('say rightly whether a delta update would skip a discontinuity', () => {
    const tags = (text: string) => text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length ?? 0;
    fc.assert(
      fc.property(legal, (stream) => {
        const { state: markers } = new Events();
        play(stream, ({ state }) => {
          if (liveEdge(state) === undefined) return;
          const { full, yes } = texts(state, markers);
          assert.equal(tags(yes) < tags(full), !state.ended && skipsDiscontinuity(state));
        });
      }),
      { numRuns: 40 },
    );
  });

  test('are accepted by hls-parser in strict mode and by m3u8-parser without a warning', () => {
    fc.assert(
      fc.property(legal, (stream) => {
        const events = new Events();
        play(stream, ({ state }) => {
          events.look(state);
          if (liveEdge(state) === undefined) return;
          const { full } = texts(state, events.state);
          const parsed = HLS.parse(full) as HLS.types.MediaPlaylist;
          assert.equal(parsed.segments.filter(({ uri }) => uri !== '').length, state.segments.length);
          assert.equal(parsed.mediaSequenceBase, state.segments[0]?.msn ?? state.nextMsn);
          assert.deepEqual(warningsOf(full), []);
        });
      }),
      { numRuns: 25 },
    );
  });
});

function warningsOf(text: string): string[] {
  const warnings: string[] = [];
  const parser = new Parser();
  parser.on('warn', ({ message }: { message: string }) => warnings.push(message));
  parser.push(text);
  parser.end();
  return warnings;
}
