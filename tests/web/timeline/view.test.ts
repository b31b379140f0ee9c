import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CLOSEST,
  keptInSight,
  type Look,
  lookAtAll,
  panned,
  showing,
  viewOf,
  zoomed,
} from '../../../web/timeline/view.ts';
import fc from '../../property.ts';

const whole = { start: 0, end: 600e6 };
const later = { start: 30e6, end: 630e6 };

describe('the view', () => {
  test('shows all at first, and goes on doing so', () => {
    assert.deepEqual(viewOf(lookAtAll, whole), whole);
    assert.deepEqual(viewOf(lookAtAll, later), later);
  });

  test('zooms round a date that stays where it is', () => {
    const look = zoomed(lookAtAll, whole, 0.5, 150e6);
    assert.deepEqual(viewOf(look, whole), { start: 75e6, end: 375e6 });
  });

  test('zoomed in at the edge it follows live', () => {
    const look = zoomed(lookAtAll, whole, 0.1, whole.end);
    assert.equal(look.kind, 'edge');
    assert.deepEqual(viewOf(look, later), { start: 570e6, end: 630e6 });
  });

  test('zoomed in elsewhere it stands still while time goes on', () => {
    const look = zoomed(lookAtAll, whole, 0.1, 300e6);
    assert.deepEqual(viewOf(look, later), viewOf(look, whole));
  });

  test('is pushed on when what it showed leaves the window', () => {
    const look: Look = { kind: 'still', start: 10e6, span: 60e6 };
    assert.deepEqual(viewOf(look, later), { start: 30e6, end: 90e6 });
  });

  test('panned to the edge it follows live again, and panned away it does not', () => {
    const still: Look = { kind: 'still', start: 100e6, span: 60e6 };
    const edge = panned(still, whole, 1e9);
    assert.deepEqual(edge, { kind: 'edge', span: 60e6 });
    assert.equal(panned(edge, whole, -10e6).kind, 'still');
  });

  test('moves no further than needed to show a date', () => {
    const still: Look = { kind: 'still', start: 100e6, span: 60e6 };
    assert.equal(showing(still, whole, 130e6), still);
    for (const date of [20e6, 99e6, 161e6, 590e6]) {
      const { start, end } = viewOf(showing(still, whole, date), whole);
      assert.ok(start <= date && date <= end, String(date));
    }
  });

  test('a page back from the live edge leaves it, though the page before begins where the view does', () => {
    const edge = { kind: 'edge', span: 60e6 } as const;
    const back = showing(edge, whole, whole.end - edge.span);
    assert.equal(back.kind, 'still');
    assert.equal(showing(back, whole, whole.end).kind, 'edge');
    assert.deepEqual(showing(edge, whole, whole.end - 1e6), edge, 'a step from live stays there');
  });

  test('never shows what is not there, nor closer than it can, whatever is done', () => {
    const step = fc.oneof(
      fc.record({
        factor: fc.double({ min: 0.01, max: 100, noNaN: true }),
        place: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ by: fc.double({ min: -1e9, max: 1e9, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let look = lookAtAll;
        for (const each of steps) {
          if ('by' in each) look = panned(look, whole, each.by);
          else {
            const { start, end } = viewOf(look, whole);
            look = zoomed(look, whole, each.factor, start + each.place * (end - start));
          }
          const { start, end } = viewOf(look, whole);
          assert.ok(start >= whole.start - 1 && end <= whole.end + 1, `${start} to ${end}`);
          assert.ok(end - start >= CLOSEST - 1);
        }
      }),
    );
  });

  test('of a window shorter than the closest look is all of it', () => {
    const short = { start: 0, end: 1e6 };
    assert.deepEqual(viewOf(zoomed(lookAtAll, short, 0.1, 5e5), short), short);
  });
});

describe('keptInSight', () => {
  const all = { start: 0, end: 100e6 };
  const still = { kind: 'still', start: 40e6, span: 20e6 } as const;
  const edge = { kind: 'edge', span: 20e6 } as const;

  const sight = (date: number, at = date) => ({ date, at });

  test('follows a playhead that is sent out of the view, back or ahead', () => {
    const seen = keptInSight(edge, all, sight(95e6, 0), undefined);
    const back = keptInSight(seen.look, all, sight(50e6, 1e5), seen);
    const { start, end } = viewOf(back.look, all);
    assert.ok(start <= 50e6 && end >= 50e6 && end - start === 20e6, `${start} to ${end}`);
    const ahead = keptInSight(back.look, all, sight(95e6, 2e5), back);
    assert.ok(viewOf(ahead.look, all).end >= 95e6);
  });

  test('follows one that plays out of the view', () => {
    const inside = keptInSight(still, all, sight(59.99e6), undefined);
    const left = keptInSight(inside.look, all, sight(60.01e6), inside);
    assert.ok(viewOf(left.look, all).end > 60.01e6);
  });

  test('leaves the view where the viewer moved it, also while the page is seldom painted', () => {
    const before = keptInSight(still, all, sight(50e6), undefined);
    const moved = { kind: 'still', start: 10e6, span: 20e6 } as const;
    const after = keptInSight(moved, all, sight(50.02e6), before);
    assert.equal(after.look, moved);
    const later = keptInSight(moved, all, sight(50.04e6), after);
    assert.equal(later.look, moved);
    // A tab in the background, or a machine that is too busy.
    assert.equal(keptInSight(moved, all, sight(57e6), later).look, moved);
  });
});
