import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type EpochMicroseconds,
  fromSeconds,
  type Microseconds,
  type Milliseconds,
  type Seconds,
  systemDate,
  toMilliseconds,
  toSeconds,
} from '../../src/clock.ts';
import { sourceFiles } from './source-files.ts';

/** A factor between two units of time, multiplied with or divided by. */
const CONVERSION = /[*/] *(?:1_?000(?:_?000)?|1e[36])\b(?! *\*)|\b(?:1_?000(?:_?000)?|1e[36]) *\*(?!\*)/;

/** What counts no time: numbers rounded to a thousandth, counts and bytes in large units, and a script of Redis. */
const NOT_TIMES: Readonly<Record<string, readonly RegExp[]>> = {
  'src/packager/segment-planner.ts': [/Math\.round\(measured \* 1000\) \/ 1000/],
  'web/player/rate-controller.ts': [/Math\.round\(rate \* 1000\) \/ 1000/],
  'web/timeline/paint-marks.ts': [/\(count \/ 1000\)/],
  'web/panels/clip-panel.ts': [/\((?:received|total) \/ 1e6\)/g],
  'src/store/redis/scripts.ts': [/local now = tonumber\(time\[1\]\).*/g],
};

/** The lines that convert a time. */
function conversions(path: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const rest = (NOT_TIMES[path] ?? []).reduce((left, allowed) => left.replace(allowed, ''), code);
  return rest.split('\n').filter((line) => CONVERSION.test(line));
}

describe('units of time', () => {
  test('are converted in clock.ts alone', () => {
    const found = sourceFiles('src', 'web')
      .filter(({ path }) => path !== 'src/clock.ts')
      .flatMap(({ path, text }) => conversions(path, text).map((line) => `${path}: ${line.trim()}`));
    assert.deepEqual(found, []);
  });

  test('a conversion is found however it is written', () => {
    for (const line of ['at * 1000', 'at/1e6', '1_000_000 * at', '(a - b) / 1000', '1000 * Date.now()'])
      assert.deepEqual(conversions('src/a.ts', `// / 1000\n${line};\n`), [`${line};`]);
    for (const line of ['const MOST = 1000;', '10_000 * at', 'at / 100', '/** `* 1000` */'])
      assert.deepEqual(conversions('src/a.ts', line), []);
  });

  test('one unit never stands where another is asked for: the compiler refuses it', () => {
    const pts: Microseconds = fromSeconds(2);
    const date: EpochMicroseconds = systemDate();
    // @ts-expect-error seconds for microseconds
    const first: Microseconds = toSeconds(pts);
    // @ts-expect-error microseconds for seconds
    fromSeconds(pts);
    // @ts-expect-error microseconds for milliseconds
    const second: Milliseconds = pts;
    // @ts-expect-error milliseconds for seconds
    const third: Seconds = toMilliseconds(pts);
    // @ts-expect-error an instant of the calendar for one of the stream's own clock
    const fourth: Microseconds = date;
    // What was counted from them is a number, and fits.
    const sum: Microseconds = pts + 5;
    assert.deepEqual([pts, first, second, third, sum], [2_000_000, 2, 2_000_000, 2000, 2_000_005]);
    assert.equal(fourth, date);
  });
});
