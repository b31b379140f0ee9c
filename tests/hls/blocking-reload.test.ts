import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  advancePartLimit,
  blockingReload,
  hintedPart,
  parseDirectives,
} from '../../src/hls/blocking-reload.ts';
import { nextPart } from '../../src/hls/playlist-log.ts';
import fc from '../property.ts';
import { type Legal, legal, play } from './legal-stream.ts';
import { SimulatedStream } from './simulated-stream.ts';

const parse = (query: string) => parseDirectives(new URLSearchParams(query));

describe('parseDirectives', () => {
  test('reads what the standard names and ignores the rest', () => {
    assert.deepEqual(parse(''), {});
    assert.deepEqual(parse('_HLS_msn=12&_HLS_part=0&_HLS_skip=YES'), { msn: 12, part: 0, skip: 'YES' });
    assert.deepEqual(parse('_HLS_msn=9007199254740991&_HLS_skip=v2'), { msn: 2 ** 53 - 1, skip: 'v2' });
    assert.deepEqual(parse('_HLS_skip=maybe&_HLS_report=x&token=1'), {});
  });

  for (const query of [
    '_HLS_part=1',
    '_HLS_msn=-1',
    '_HLS_msn=1.5',
    '_HLS_msn=1e3',
    '_HLS_msn=abc',
    '_HLS_msn=',
    '_HLS_msn=NaN',
    '_HLS_msn=%201',
    '_HLS_msn=9007199254740992',
    '_HLS_msn=99999999999999999999',
    '_HLS_msn=1&_HLS_part=-1',
    '_HLS_msn=1&_HLS_part=x',
    '_HLS_msn=1&_HLS_msn=1',
    '_HLS_msn=1&_HLS_part=0&_HLS_part=1',
    '_HLS_skip=YES&_HLS_skip=v2',
  ]) {
    test(`refuses ${query}`, () => {
      assert.throws(() => parse(query), { code: 'BAD_PARAMETER' });
    });
  }
});

/** Three closed segments of six parts, two parts of segment 3. PART-TARGET 0.343333: at most 8 parts ahead. */
function stream(): SimulatedStream {
  const played = new SimulatedStream();
  for (let count = 0; count < 3; count += 1) played.segment();
  played.part(333_333);
  played.part(333_333);
  return played;
}

function verdict(played: SimulatedStream, msn: number, part?: number): string {
  const answer = blockingReload(played.state, part === undefined ? { msn } : { msn, part });
  return typeof answer === 'string' ? answer : answer.reject.code;
}

describe('blockingReload', () => {
  const cases: readonly [what: string, msn: number, part: number | undefined, expected: string][] = [
    ['an old segment', 0, undefined, 'ready'],
    ['the last segment', 2, undefined, 'ready'],
    ['the open segment as a whole', 3, undefined, 'wait'],
    ['the segment after it', 4, undefined, 'wait'],
    ['a segment more than two ahead of the last', 5, undefined, 'BAD_PARAMETER'],
    ['a part of an old segment', 1, 5, 'ready'],
    ['a senseless part of an old segment', 1, 500, 'ready'],
    ['the last part listed', 3, 1, 'ready'],
    ['the hinted part', 3, 2, 'wait'],
    ['a part at the advance limit', 3, 9, 'wait'],
    ['a part beyond the advance limit', 3, 10, 'BAD_PARAMETER'],
    ['a part of the next segment', 4, 0, 'wait'],
    ['a part far into the next segment', 4, 8, 'BAD_PARAMETER'],
    ['a part past the last of a closed segment: part 0 of the next', 2, 6, 'ready'],
    ['a part far past the last of the newest closed segment', 2, 60, 'BAD_PARAMETER'],
  ];
  for (const [what, msn, part, expected] of cases) {
    test(`answers "${expected}" to ${what}`, () => {
      assert.equal(verdict(stream(), msn, part), expected);
    });
  }

  test('waits for part 0 of the next segment when a closed one has no such part', () => {
    const played = new SimulatedStream();
    played.segment();
    assert.equal(verdict(played, 0, 6), 'wait');
    played.part(333_333);
    assert.equal(verdict(played, 0, 6), 'ready');
  });

  test('allows three parts ahead when parts last a second or more', () => {
    const played = new SimulatedStream({ partTarget: 1_000_000, targetDuration: 6_000_000 });
    assert.equal(advancePartLimit(played.state), 3);
    played.part(1_000_000);
    assert.equal(verdict(played, 0, 3), 'wait');
    assert.equal(verdict(played, 0, 4), 'BAD_PARAMETER');
  });

  test('is always ready after the end, whatever was asked', () => {
    const played = stream();
    played.end();
    assert.equal(verdict(played, 500, 500), 'ready');
  });

  test('answers every wait for the part that comes next with the entry that brings it', () => {
    fc.assert(
      // Without deaths: a segment closed after one brings no part, and the wait is for the next one's first.
      fc.property(legal.map(neverDying), (steps) => {
        let awaited: { msn: number; part: number } | undefined;
        let edge = '';
        play(steps, (played) => {
          const { state } = played;
          const now = `${state.nextMsn} ${state.openParts.length} ${state.ended}`;
          if (awaited !== undefined && now !== edge)
            assert.equal(verdict(played, awaited.msn, awaited.part), 'ready');
          if (now !== edge) awaited = nextPart(state);
          edge = now;
          if (awaited !== undefined && !state.ended)
            assert.equal(verdict(played, awaited.msn, awaited.part), 'wait');
        });
      }),
      { numRuns: 50 },
    );
  });
});

function neverDying(played: Legal): Legal {
  return { ...played, steps: played.steps.map((step) => ({ ...step, dies: false })) };
}

describe('hintedPart', () => {
  test('waits for the hinted part and a little beyond, in case another process is ahead of this one', () => {
    const { state } = stream();
    const parts = [0, 1, 2, 3, 4, 5].map((part) => hintedPart(state, 3, part));
    assert.deepEqual(parts, ['ready', 'ready', 'wait', 'wait', 'wait', 'never']);
    assert.deepEqual(
      [0, 1, 2].map((part) => hintedPart(state, 4, part)),
      ['wait', 'wait', 'never'],
    );
    assert.equal(hintedPart(state, 5, 0), 'never');
  });

  test('knows that a part will never come once its segment closed without it, or the stream ended', () => {
    const played = stream();
    assert.equal(hintedPart(played.state, 2, 6), 'never');
    played.close();
    assert.equal(hintedPart(played.state, 3, 1), 'ready');
    assert.equal(hintedPart(played.state, 3, 2), 'never');
    played.end();
    assert.equal(hintedPart(played.state, 4, 0), 'never');
  });

  test('leaves parts of removed segments to storage', () => {
    const played = new SimulatedStream({ window: 6_000_000 });
    for (let count = 0; count < 8; count += 1) played.segment();
    assert.ok((played.state.segments[0]?.msn ?? 0) > 0);
    assert.equal(hintedPart(played.state, 0, 0), 'ready');
  });
});
