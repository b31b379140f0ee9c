import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { broken, cutShort, good, playlist } from './hand-made.ts';
import { readPlaylist } from './playlist-text.ts';
import { ReloadChecker } from './reload-checker.ts';
import type { Rule } from './violation.ts';

function judge(texts: readonly string[]) {
  const checker = new ReloadChecker();
  texts.forEach((text, index) => {
    checker.feed(text, index * 1000);
  });
  return checker;
}

function rulesBroken(texts: readonly string[]): Rule[] {
  return [...new Set(judge(texts).violations.map(({ rule }) => rule))];
}

/** Changes one text of the good sequence; the change must hit. */
function planted(index: number, from: string | RegExp, to: string): string[] {
  const text = good[index] ?? '';
  const changed = text.replace(from, to);
  assert.notEqual(changed, text, 'the fault was planted');
  return good.slice(0, index + 1).with(index, changed);
}

describe('ReloadChecker', () => {
  test('finds nothing wrong with a good sequence', () => {
    assert.deepEqual(judge(good).violations, []);
  });

  test('finds nothing wrong when reloads are missed or repeated', () => {
    assert.deepEqual(
      judge([good[0], good[0], good[3], good[3], good[6], good[7], good[7]] as string[]).violations,
      [],
    );
  });

  test('knows how long removed segments must be served', () => {
    const { removals } = judge(good.slice(0, 5));
    // Removed at 4 s; 2 s of its own and 10 s of the longest playlist.
    assert.deepEqual(removals, [{ uri: '0.m4s', until: 4000 + 2000 + 10_000 }]);
  });

  test('joins delta updates to what it has', () => {
    const full = playlist({ closed: 9, breakAt: 99 });
    const later = playlist({ closed: 9, breakAt: 99, open: 1 });
    const from = later.indexOf('#EXT-X-MAP');
    const until = later.indexOf('2.m4s\n') + '2.m4s\n'.length;
    const delta = `${later.slice(0, from)}#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n${later.slice(until)}`;
    const checker = judge([full, delta]);
    assert.deepEqual(checker.violations, []);
    assert.deepEqual(checker.latest, readPlaylist(later));
    const wrong = delta.replace('SEGMENTS=3', 'SEGMENTS=2');
    assert.ok(rulesBroken([full, wrong]).includes('segment-changed'));
  });

  test('finds nothing wrong with a break whose tags stand there before anything of its run is hinted', () => {
    const [before, over, known, after] = cutShort as [string, string, string, string];
    for (const texts of [
      broken,
      cutShort.slice(1),
      [over, after],
      [known, after],
      [over, known, known, after],
    ])
      assert.deepEqual(judge(texts).violations, []);
    // The process may be killed between two segments: nobody knew then.
    assert.deepEqual(judge([broken[0], broken[3]] as string[]).violations, []);
    assert.deepEqual(
      rulesBroken([before, over, after]),
      ['hint-run'],
      'the run was over, and more of it hinted',
    );
  });

  test('finds nothing wrong with a gap that says so, behind which nothing is hinted', () => {
    const gap = playlist({ closed: 6, breakAt: 99 })
      .replace(/(URI="5.\d.m4s")(?:,INDEPENDENT=YES)?/g, '$1,GAP=YES')
      .replace('#EXTINF:2.000000,\n5.m4s', '#EXT-X-GAP\n$&')
      .replace(/#EXT-X-PRELOAD.*\n/, '');
    assert.deepEqual(judge([gap]).violations, []);
    assert.deepEqual(rulesBroken([gap.replace(',GAP=YES', '')]), ['gap']);
    assert.deepEqual(rulesBroken([gap.replace('#EXT-X-GAP\n', '')]).sort(), ['gap', 'hint-missing']);
  });

  const faults: readonly [name: string, rule: Rule, texts: () => readonly string[]][] = [
    ['no program date time', 'program-date-time', () => [playlist().replace(/#EXT-X-PROGRAM.*\n/, '')]],
    ['a date without milliseconds', 'syntax', () => [playlist().replace('12:00:00.000Z', '12:00:00Z')]],
    ['no target duration', 'required-tags', () => [playlist().replace(/#EXT-X-TARGET.*\n/, '')]],
    ['a version too low for its tags', 'version', () => planted(0, 'VERSION:10', 'VERSION:5')],
    ['an EXTINF above the target', 'target-duration', () => [playlist().replace(/EXTINF:2.0/, 'EXTINF:2.6')]],
    ['no map', 'map', () => [playlist().replace(/#EXT-X-MAP.*\n/, '')]],
    ['a new map without a break', 'map', () => planted(3, '#EXT-X-DISCONTINUITY\n', '')],
    ['a hold-back too short', 'control', () => planted(0, 'PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=0.9')],
    ['a date that jumps inside a run', 'date-continuity', () => planted(0, '12:00:06.000', '12:00:06.004')],
    [
      'a part above PART-TARGET',
      'part-length',
      () => planted(1, 'DURATION=0.500000,URI="4.0', 'DURATION=0.520000,URI="4.0'),
    ],
    [
      'a part below 85 % of PART-TARGET',
      'part-length',
      () => planted(2, 'DURATION=0.500000,URI="4.1', 'DURATION=0.400000,URI="4.1'),
    ],
    [
      'parts that do not add up to their segment',
      'part-sum',
      () => planted(0, 'DURATION=0.500000,URI="3.2', 'DURATION=0.490000,URI="3.2'),
    ],
    [
      'parts far behind the end',
      'part-listing',
      () => [playlist().replace(/#EXTINF:2.000000,\n0.m4s/, '#EXT-X-PART:DURATION=0.5,URI="0.0.m4s"\n$&')],
    ],
    ['no hint', 'hint-missing', () => planted(0, /#EXT-X-PRELOAD.*\n/, '')],
    ['an event listed twice', 'daterange-form', () => planted(1, /(#EXT-X-DATERANGE.*\n)/, '$1$1')],
    [
      'a changed target duration',
      'promise-changed',
      () => planted(1, 'TARGETDURATION:2', 'TARGETDURATION:3'),
    ],
    ['a changed PART-TARGET', 'promise-changed', () => planted(1, 'TARGET=0.51', 'TARGET=0.52')],
    [
      'a changed PART-HOLD-BACK',
      'promise-changed',
      () => planted(1, 'PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.6'),
    ],
    ['a media sequence that goes back', 'media-sequence', () => [good[4], good[2]] as string[]],
    [
      'a media sequence that stays as a segment leaves',
      'segment-changed',
      () => planted(4, 'MEDIA-SEQUENCE:1', 'MEDIA-SEQUENCE:0'),
    ],
    [
      'a discontinuity sequence that stays as its tag leaves',
      'discontinuity-sequence',
      () => planted(6, 'DISCONTINUITY-SEQUENCE:1', 'DISCONTINUITY-SEQUENCE:0'),
    ],
    [
      'a discontinuity sequence that runs ahead',
      'discontinuity-sequence',
      () => planted(1, 'DISCONTINUITY-SEQUENCE:0', 'DISCONTINUITY-SEQUENCE:1'),
    ],
    [
      'a changed EXTINF',
      'segment-changed',
      () => planted(3, '#EXTINF:2.000000,\n1.m4s', '#EXTINF:2.001000,\n1.m4s'),
    ],
    ['a changed URI', 'segment-changed', () => planted(3, '\n1.m4s', '\n1b.m4s')],
    ['a changed date', 'segment-changed', () => planted(3, '12:00:02.000', '12:00:02.001')],
    ['a segment withdrawn from the end', 'append-only', () => [good[3], good[2]] as string[]],
    [
      'segments that leave too early',
      'too-short',
      () => [playlist({ closed: 5 }), playlist({ first: 3, closed: 2 })],
    ],
    ['a part withdrawn', 'part-withdrawn', () => [good[2], good[1]] as string[]],
    ['a changed part', 'part-changed', () => planted(2, '4.0.m4s",INDEPENDENT=YES', '4.0.m4s"')],
    [
      'a part added to a closed segment',
      'part-changed',
      () => planted(1, /(#EXTINF:2.000000,\n3.m4s)/, '#EXT-X-PART:DURATION=0.0005,URI="3.4.m4s"\n$1'),
    ],
    [
      'a hint that does not come true',
      'hint-broken',
      () => planted(1, 'URI="4.1.m4s"', 'URI="4.9.m4s"').concat(good[2] ?? ''),
    ],
    [
      'a hint of another run without its tags',
      'hint-run',
      () => [good[0] ?? '', ...[cutShort[0], cutShort[3]].map((text) => text ?? '')].slice(1),
    ],
    [
      'a break that is announced and does not come',
      'hint-run',
      () => [broken[1] ?? '', playlist({ open: 1, breakAt: 99 })],
    ],
    ['an end withdrawn', 'endlist-withdrawn', () => [...good, playlist({ first: 5, closed: 5 })]],
    [
      'segments after the end',
      'after-endlist',
      () => [...good, playlist({ first: 5, closed: 6, ended: true })],
    ],
    ['lines after the end', 'syntax', () => planted(7, /$/, '#EXT-X-DISCONTINUITY\n')],
    ['a changed event', 'daterange-changed', () => planted(2, '12:00:03.500Z', '12:00:03.600Z')],
    [
      'an attribute that comes later',
      'daterange-changed',
      () => planted(2, '03.500Z"', '03.500Z",X-TEXT="late"'),
    ],
    ['a duration that changes', 'daterange-changed', () => planted(4, 'DURATION=1.5', 'DURATION=1.6')],
    [
      'an event that leaves before its media',
      'daterange-withdrawn',
      () => planted(4, /#EXT-X-DATERANGE.*\n/, ''),
    ],
    [
      'a delta update over unknown segments',
      'delta',
      () => [
        playlist(),
        playlist({ first: 2, closed: 6 }).replace(/#EXT-X-MAP.*\n/, '#EXT-X-SKIP:SKIPPED-SEGMENTS=4\n'),
      ],
    ],
    [
      'a delta update that skips too much',
      'delta',
      () => [
        good[0] ?? '',
        (good[1] ?? '').replace(/#EXT-X-MAP[\s\S]*?0.m4s\n/, '#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n'),
      ],
    ],
  ];

  /** Other rules that a fault breaks as well; all the others break their own alone. */
  const consequences: Readonly<Record<string, readonly Rule[]>> = {
    'a date without milliseconds': ['program-date-time'],
    'no target duration': ['part-listing'],
    'an EXTINF above the target': ['date-continuity'],
    'a new map without a break': ['segment-changed', 'discontinuity-sequence'],
    'parts far behind the end': ['part-sum'],
    'a changed target duration': ['control'],
    'a media sequence that goes back': ['append-only', 'part-withdrawn', 'daterange-changed'],
    'a media sequence that stays as a segment leaves': [
      'discontinuity-sequence',
      'part-changed',
      'hint-broken',
    ],
    'a segment withdrawn from the end': ['daterange-changed'],
  };

  for (const [name, rule, texts] of faults) {
    test(`catches ${name}`, () => {
      assert.deepEqual(rulesBroken(texts()).sort(), [rule, ...(consequences[name] ?? [])].sort());
    });
  }
});
