import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cursorAt, cursorDate } from '../../../web/timeline/cursor.ts';

const whole = { start: 100e6, end: 220e6 };
/** As it is some seconds later. */
const later = (seconds: number) => ({ start: whole.start + seconds * 1e6, end: whole.end + seconds * 1e6 });

describe('the cursor of the overview', () => {
  test('put at the live end it stays there, however long that goes on', () => {
    for (const date of [whole.end, whole.end + 5e6]) {
      assert.equal(cursorDate(cursorAt(date, whole), later(3600)), later(3600).end);
    }
  });

  test('put anywhere else it stays at its date, a microsecond before the live end, too', () => {
    for (const date of [150e6, whole.end - 1]) {
      assert.equal(cursorDate(cursorAt(date, whole), later(20)), date);
    }
  });

  test('never stands before the oldest frame: not when put there, nor when the window leaves it behind', () => {
    assert.equal(cursorDate(cursorAt(0, whole), whole), whole.start);
    assert.equal(cursorDate(cursorAt(110e6, whole), later(50)), later(50).start);
  });
});
