import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PlannedFrame, planSegments, SegmentPlanner } from '../../src/packager/segment-planner.ts';
import fc from '../property.ts';

/** Runs PTS through a cutter and returns all cuts. */
function cutAll(plan: ReturnType<typeof planSegments>, times: readonly number[]): PlannedFrame[] {
  const cutter = new SegmentPlanner(plan);
  return times.flatMap((pts) => cutter.plan(pts));
}

/** Lengths of the closed parts, with whether each was the last of its segment. */
function parts(cuts: readonly PlannedFrame[]): { duration: number; last: boolean }[] {
  const starts = cuts.filter((cut) => cut.startsPart);
  return starts.slice(1).map((cut, index) => ({
    duration: cut.pts - (starts[index]?.pts ?? 0),
    last: cut.startsSegment,
  }));
}

describe('planSegments', () => {
  test('makes parts of whole frames and declares ten milliseconds more', () => {
    const plan = planSegments(30, 0.333, 2);
    assert.equal(plan.partDuration, 333_333);
    assert.equal(plan.partTarget, 343_333);
    assert.equal(plan.partsPerSegment, 6);
    assert.equal(plan.targetDuration, 2_000_000);
  });

  test('rounds a part that no whole number of frames makes', () => {
    assert.equal(planSegments(10, 0.333, 2).partDuration, 300_000);
    assert.equal(planSegments(1, 0.333, 2).partDuration, 1_000_000);
  });

  test('declares a target duration that no segment can round above', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 120, noNaN: true }),
        fc.double({ min: 0.05, max: 5, noNaN: true }),
        fc.double({ min: 0.5, max: 30, noNaN: true }),
        (rate, part, segment) => {
          const plan = planSegments(rate, part, segment);
          assert.ok(Math.round((plan.partsPerSegment * plan.partTarget) / 1e6) <= plan.targetDuration / 1e6);
        },
      ),
    );
  });
});

describe('SegmentPlanner', () => {
  test('cuts a steady stream into equal parts and asks for an IDR frame at each segment, the first two of which are short', () => {
    const cuts = cutAll(
      planSegments(30, 0.333, 2),
      Array.from({ length: 181 }, (_, index) => Math.round((index * 1e6) / 30)),
    );
    assert.equal(cuts.filter((cut) => cut.repeated).length, 0);
    assert.deepEqual(
      cuts.flatMap((cut, index) => (cut.startsSegment ? [index] : [])),
      [0, 20, 50, 110, 170],
    );
    assert.deepEqual(
      cuts.flatMap((cut, index) => (cut.keyframe ? [index] : [])),
      [0, 20, 50, 110, 170],
    );
    assert.deepEqual(new Set(parts(cuts).map(({ duration }) => Math.round(duration / 1000))), new Set([333]));
  });

  test('begins with about half a second and a second, of whole parts, and never more than a full segment', () => {
    const opening = (part: number, segment: number) => planSegments(30, part, segment).openingSegments;
    assert.deepEqual(opening(0.333, 2), [2, 3]);
    assert.deepEqual(opening(0.2, 6), [2, 5]);
    assert.deepEqual(opening(0.2, 1), [2], 'a full one follows the first at once');
    assert.deepEqual(opening(0.333, 0.333), []);
    assert.deepEqual(opening(2, 6), [2, 2], 'of two parts at least');
    assert.deepEqual(opening(2, 2), []);
  });

  test('begins a segment early where it must, and goes on to full ones', () => {
    const cutter = new SegmentPlanner(planSegments(30, 0.333, 2));
    const cuts = Array.from({ length: 150 }, (_, index) =>
      cutter.plan(Math.round((index * 1e6) / 30), index === 5),
    ).flat();
    assert.deepEqual(
      cuts.flatMap(({ startsSegment }, index) => (startsSegment ? [index] : [])),
      [0, 5, 35, 95],
    );
  });

  test('drops a picture that is not after the last one', () => {
    const cutter = new SegmentPlanner(planSegments(30, 0.333, 2));
    cutter.plan(100_000);
    assert.deepEqual(cutter.plan(100_000), []);
    assert.deepEqual(cutter.plan(50_000), []);
  });

  test('repeats a picture before the open part grows too long, and leaves room for one that is only late', () => {
    const cutter = new SegmentPlanner(planSegments(30, 0.333, 2));
    for (let index = 0; index < 10; index += 1) cutter.plan(Math.round((index * 1e6) / 30));
    const repeated = cutter.repeat();
    assert.equal(repeated.repeated, true);
    assert.equal(repeated.startsPart, true);
    const late = cutter.plan(333_333);
    assert.equal(late.length, 1);
    assert.equal(late[0]?.pts, 333_333);
  });

  test('keeps every rule about lengths whatever the times of the pictures', () => {
    const gaps = fc.array(
      fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 2, max: 60_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 4_000_000 }) },
      ),
      { minLength: 2, maxLength: 300 },
    );
    const rates = fc.constantFrom(1, 5, 10, 15, 24, 25, 29.97, 30, 50, 60);
    const lengths = fc.constantFrom([0.2, 1], [0.333, 2], [0.5, 2], [1, 4]);
    fc.assert(
      fc.property(gaps, rates, lengths, (between, rate, [part = 1, segment = 2]) => {
        const plan = planSegments(rate, part, segment);
        let pts = 0;
        const times = [0, ...between.map((gap) => (pts += gap))];
        const cuts = cutAll(plan, times);
        for (let index = 1; index < cuts.length; index += 1) {
          assert.ok((cuts[index]?.pts ?? 0) > (cuts[index - 1]?.pts ?? 0), 'PTS grow');
        }
        for (const cut of cuts)
          assert.equal(cut.keyframe, cut.startsSegment, 'a segment begins with an IDR frame');
        for (const { duration, last } of parts(cuts)) {
          assert.ok(duration <= plan.partTarget, `part of ${duration}`);
          assert.ok(last || duration >= 0.85 * plan.partTarget, `part of ${duration}`);
        }
        // Every real picture is there at its own time.
        const real = cuts.filter((cut) => !cut.repeated).map((cut) => cut.pts);
        assert.deepEqual(real, times, 'pictures that are lost, moved, or there twice');
      }),
    );
  });
});
