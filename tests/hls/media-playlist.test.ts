import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromSeconds } from '../../src/clock.ts';
import { blockingReload } from '../../src/hls/blocking-reload.ts';
import type { DateRangeFacts } from '../../src/hls/marker-log.ts';
import { renderMediaPlaylist } from '../../src/hls/media-playlist.ts';
import { applyPlaylistEntry, type SegmentEntry } from '../../src/hls/playlist-log.ts';
import { ReloadChecker } from '../checker/reload-checker.ts';
import { NOON, SimulatedStream } from './simulated-stream.ts';

const third = fromSeconds(1 / 3);

const event: DateRangeFacts = {
  id: 'mint-1',
  class: 'mint',
  pts: 1_234_567,
  date: NOON + 1_234_567,
  text: 'a "green"\r\nsquare',
  duration: null,
};

function judged(text: string) {
  const checker = new ReloadChecker();
  checker.feed(text, 0);
  return checker.violations;
}

describe('renderMediaPlaylist', () => {
  test('lists parts near the edge, the open segment, a break, events and the hint for low latency', () => {
    const played = new SimulatedStream();
    for (let count = 0; count < 4; count += 1) played.segment();
    played.startRun(60_000_000);
    played.part(third);
    played.part(third);
    assert.equal(
      renderMediaPlaylist(played.state, { dateRanges: [event] }),
      `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.03,HOLD-BACK=6
#EXT-X-PART-INF:PART-TARGET=0.343333
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-DATERANGE:ID="mint-1",CLASS="mint",START-DATE="2026-01-02T12:00:01.235Z",X-TEXT="a 'green' square",X-PTS=1.234567
#EXT-X-MAP:URI="init-r1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T12:00:00.000Z
#EXTINF:1.999998,
0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T12:00:02.000Z
#EXTINF:1.999998,
1.m4s
${[2, 3].map((msn) => closed(msn)).join('')}#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-r2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T12:01:08.000Z
#EXT-X-PART:DURATION=0.333333,URI="4.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.333333,URI="4.1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="4.2.m4s"
`,
    );
  });

  test('always hints at the very part that is listed next', () => {
    const played = new SimulatedStream();
    const hints: string[] = [];
    played.onEntry = () => {
      const text = renderMediaPlaylist(played.state, { dateRanges: [] });
      const hint = /PRELOAD-HINT:TYPE=PART,URI="(.*)"/.exec(text)?.[1] ?? '';
      if (hint !== hints.at(-1)) hints.push(hint);
    };
    played.segment([third, third]);
    played.part(third);
    assert.deepEqual(hints, ['0.1.m4s', '1.0.m4s', '1.1.m4s']);
  });

  test('hints at nothing of another run before a part of it is listed; its discontinuity stands there already', () => {
    const tail = (played: SimulatedStream) =>
      renderMediaPlaylist(played.state, { dateRanges: [] }).split('1.m4s\n').at(-1);
    const hint = '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="2.0.m4s"\n';
    const played = new SimulatedStream();
    played.segment();
    played.part(third);
    played.close();
    assert.equal(tail(played), '#EXT-X-DISCONTINUITY\n', 'what comes is unknown');
    const verdict = blockingReload(played.state, { msn: 2, part: 0 });
    assert.equal(verdict, 'wait');
    played.startRun(4_000_000);
    assert.equal(
      tail(played),
      '#EXT-X-DISCONTINUITY\n',
      'it may die before its first part, which another brings then',
    );
    played.part(third);
    assert.match(tail(played) ?? '', /^#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init-r2.mp4"\n#EXT-X-PROGRAM/);
    // Of a run that died between two segments only the next process says that it is over.
    const killed = new SimulatedStream();
    killed.segment();
    killed.segment();
    assert.equal(tail(killed), hint);
    applyPlaylistEntry(killed.state, { type: 'break', msn: 2 });
    assert.equal(tail(killed), '#EXT-X-DISCONTINUITY\n');
    killed.end();
    assert.equal(tail(killed), '#EXT-X-ENDLIST\n');
  });

  test('lists a gap as what cannot be fetched, and hints at nothing behind it', () => {
    const played = new SimulatedStream();
    played.segment();
    played.close();
    const [before] = played.state.segments as [SegmentEntry];
    const parts = [third, 250_001].map((duration) => ({ duration, independent: false, bytes: 0 }));
    applyPlaylistEntry(played.state, {
      ...before,
      ...{ msn: 1, pts: 2_000_000, date: NOON + 2_000_000, duration: 583_334, bytes: 0, parts },
      ...{ endsRun: true, filler: { kind: 'gap', since: NOON } },
    });
    const text = renderMediaPlaylist(played.state, { dateRanges: [] });
    assert.equal(
      text.split('0.m4s\n').at(-1),
      `#EXT-X-PROGRAM-DATE-TIME:2026-01-02T12:00:02.000Z
#EXT-X-PART:DURATION=0.333333,URI="1.0.m4s",GAP=YES
#EXT-X-PART:DURATION=0.250001,URI="1.1.m4s",GAP=YES
#EXT-X-GAP
#EXTINF:0.583334,
1.m4s
`,
    );
    assert.deepEqual(judged(text), []);
  });

  test('replaces what lies beyond the skip boundary in a delta update', () => {
    const played = new SimulatedStream();
    for (let count = 0; count < 9; count += 1) played.segment();
    const options = { dateRanges: [], deltaUpdates: true } as const;
    const full = renderMediaPlaylist(played.state, options);
    const delta = renderMediaPlaylist(played.state, {
      ...options,
      skip: 'v2',
      removedDateRanges: ['a', 'b'],
    });
    const head = full.slice(0, full.indexOf('#EXT-X-MAP'));
    // Seven segments of 1.999998 s are the fewest that reach 12 s.
    const tail = full.slice(full.indexOf('1.m4s\n') + '1.m4s\n'.length);
    assert.match(head, /CAN-SKIP-UNTIL=12,CAN-SKIP-DATERANGES=YES\n/);
    assert.match(head, /#EXT-X-VERSION:10\n/);
    assert.equal(delta, `${head}#EXT-X-SKIP:SKIPPED-SEGMENTS=2,RECENTLY-REMOVED-DATERANGES="a\tb"\n${tail}`);
  });

  test('ignores a wish to skip when nothing can be skipped, when it is not announced and after the end', () => {
    const played = new SimulatedStream();
    played.segment();
    const options = { dateRanges: [], deltaUpdates: true } as const;
    const skip = (extra = {}) => renderMediaPlaylist(played.state, { ...options, skip: 'YES', ...extra });
    assert.equal(skip(), renderMediaPlaylist(played.state, options));
    for (let count = 0; count < 9; count += 1) played.segment();
    assert.match(skip(), /EXT-X-SKIP:SKIPPED-SEGMENTS=3\n/);
    assert.doesNotMatch(skip({ deltaUpdates: false }), /SKIP/);
    played.end();
    assert.doesNotMatch(skip(), /EXT-X-SKIP:/);
  });

  test('ends with EXT-X-ENDLIST and hints at nothing then', () => {
    const played = new SimulatedStream();
    played.segment();
    played.end();
    const text = renderMediaPlaylist(played.state, { dateRanges: [] });
    assert.ok(text.endsWith('0.m4s\n#EXT-X-ENDLIST\n'));
    assert.doesNotMatch(text, /PRELOAD-HINT/);
  });

  test('counts discontinuities that left the list in its header, not before', () => {
    const played = new SimulatedStream({ window: 4_000_000 });
    const numbers: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      if (count > 0) played.startRun(0);
      played.segment();
      const text = renderMediaPlaylist(played.state, { dateRanges: [] });
      const tag = /DISCONTINUITY-SEQUENCE:(\d+)/.exec(text)?.[1];
      numbers.push(`${played.state.segments[0]?.msn} ${tag} ${text.includes('DISCONTINUITY\n')}`);
    }
    // The window of 4 s takes three segments of 1.999998 s.
    assert.deepEqual(numbers, ['0 0 false', '0 0 true', '0 0 true', '1 0 true']);
  });

  test('writes a window of many blocks exactly as it writes its segments one by one', () => {
    const played = new SimulatedStream({ window: 10_000_000_000 });
    for (let count = 0; count < 300; count += 1) {
      if (count % 50 === 49) played.startRun(0);
      played.segment([third]);
    }
    const text = renderMediaPlaylist(played.state, { dateRanges: [] });
    const again = renderMediaPlaylist(structuredClone(played.state), { dateRanges: [] });
    assert.equal(text, again);
    const uris = text.split('\n').filter((line) => line.endsWith('.m4s'));
    assert.deepEqual(
      uris,
      Array.from({ length: 300 }, (_, msn) => `${msn}.m4s`),
    );
    assert.equal(text.match(/#EXT-X-DISCONTINUITY\n#EXT-X-MAP/g)?.length, 6);
    assert.equal(text.match(/#EXT-X-MAP/g)?.length, 7);
  });
});

function closed(msn: number): string {
  const parts = Array.from(
    { length: 6 },
    (_, part) =>
      `#EXT-X-PART:DURATION=0.333333,URI="${msn}.${part}.m4s"${part === 0 ? ',INDEPENDENT=YES' : ''}\n`,
  );
  const date = new Date(Math.round((NOON + msn * 6 * third) / 1000)).toISOString();
  return `#EXT-X-PROGRAM-DATE-TIME:${date}\n${parts.join('')}#EXTINF:1.999998,\n${msn}.m4s\n`;
}
