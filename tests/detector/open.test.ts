import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Detector } from '../../src/detector/detector.ts';
import { loadDetector } from '../../src/detector/module-detector.ts';
import { openDetector } from '../../src/detector/open.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { asPicture, drawBoard } from './board.ts';

const settings = {
  source: 'chessboard',
  motionThreshold: 0.01,
  motionMinimum: 0.5,
  motionQuiet: 1,
};
const picture = asPicture(drawBoard({ width: 160, height: 90, block: 10 }, 0, []), 1_000_000);

describe('openDetector', () => {
  let folder = '';
  let modules = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'detector-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function openModule(text: string): Promise<Detector> {
    modules += 1;
    const path = join(folder, `${modules}.mjs`);
    await writeFile(path, text);
    return (await openDetector({ ...settings, detector: path })) as Detector;
  }

  function saying(observation: string): Promise<Detector> {
    return openModule(`export default () => ({ name: 'mine', look: () => ${observation} })`);
  }

  function failure(code: ErrorCode, message: RegExp) {
    return { name: 'HlsStreamError', code, message };
  }

  test('auto takes mint-square for the chessboard and motion for everything else', async () => {
    for (const [detector, source, name] of [
      ['auto', 'chessboard', 'mint-square'],
      ['auto', 'clip.mp4', 'motion'],
      ['auto', '-', 'motion'],
      ['motion', 'chessboard', 'motion'],
      ['mint-square', '-', 'mint-square'],
      ['none', 'chessboard', undefined],
    ] as const)
      assert.equal((await openDetector({ ...settings, detector, source }))?.name, name);
  });

  test('refuses a name that is no detector', async () => {
    await assert.rejects(
      openDetector({ ...settings, detector: 'mention' }),
      failure('USAGE', /^--detector mention .*motion/),
    );
  });

  test('takes a detector from a module, also one that is made slowly', async () => {
    const detector = await openModule(`
      export default async () => ({
        name: 'mine',
        recognition: 5,
        look: ({ pts, date }) => [{ type: 'begin', key: 'k', pts, date, text: 'Seen', class: 'mine' }, { type: 'end', key: 'k', pts }],
        remember: () => 'all',
      });`);
    assert.equal(detector.name, 'mine');
    assert.equal(detector.recognition, 5);
    assert.equal(detector.remember?.(), 'all');
    assert.equal(detector.recall, undefined);
    assert.equal(((await detector.look(picture)) as readonly unknown[]).length, 2);
  });

  test('says what is wrong with a module that holds no detector', async () => {
    for (const [text, message] of [
      ['export const look = 1', /no function as its default export/],
      ['export default {}', /no function as its default export/],
      ['export default () => undefined', /without a function look/],
      ['export default () => ({ name: "mine" })', /without a function look/],
      ['export default () => ({ look() {} })', /name is not/],
      ['export default () => ({ name: "a b", look() {} })', /name is not/],
      ['export default () => ({ name: "a", recognition: -1, look() {} })', /recognition/],
      ['export default () => { throw new Error("no model") }', /failed to make a detector: no model/],
      ['export default (', /cannot be loaded/],
    ] as const) {
      const refused = openModule(text);
      await assert.rejects(refused, failure('MODULE_INVALID', message));
      await assert.rejects(refused, failure('MODULE_INVALID', new RegExp(`^--detector ${folder}`)));
    }
    await assert.rejects(
      openDetector({ ...settings, detector: './nowhere.js' }),
      failure('MODULE_INVALID', /cannot be loaded/),
    );
  });

  test('waits for a module that never gets ready no longer than the limit', async () => {
    for (const [text, message] of [
      ['await new Promise(() => {}); export default () => {}', /has not loaded within 0\.05 s/],
      ['export default () => new Promise(() => {})', /has not made a detector within 0\.05 s/],
    ] as const) {
      modules += 1;
      const path = join(folder, `${modules}.mjs`);
      await writeFile(path, text);
      await assert.rejects(loadDetector(path, 50), failure('MODULE_INVALID', message));
    }
  });

  test('names the module when it throws while looking', async () => {
    const detector = await openModule(
      'export default () => ({ name: "mine", look() { throw new TypeError("no such colour") } })',
    );
    assert.throws(
      () => detector.look(picture),
      failure('DETECTOR_FAILED', new RegExp(`^the detector ${folder}.* threw in look\\(\\): no such colour`)),
    );
  });

  test('names the module and the fault when it says something that is no observation', async () => {
    const begin = '{ type: "begin", key: "k", pts: 1, date: 1, text: "t", class: "c"';
    for (const [observation, fault] of [
      ['undefined', /something else than an array/],
      ['[{ type: "begin", key: "k", pts: NaN, date: 1 }]', /pts is not a whole number of microseconds: NaN/],
      ['[null]', /it is not an object/],
      ['[{ type: "end", pts: 1 }]', /key is not a text/],
      ['[{ type: "end", key: "k", pts: 1.5 }]', /pts is not a whole number/],
      ['[{ type: "end", key: "k", pts: 1000001 }]', /after the picture/],
      ['[{ type: "stop", key: "k", pts: 1 }]', /neither begin nor end/],
      [`[${begin}, text: "" }]`, /text is not a text/],
      [`[${begin}, class: "<b>" }]`, /class is not/],
      [`[${begin}, date: undefined }]`, /date is not a whole number/],
      [`[${begin}, date: ${picture.date + 1} }]`, /date lies after the picture/],
      [`[${begin}, data: [] }]`, /data is not an object/],
      [`[${begin}, data: { big: 1n } }]`, /not plain JSON/],
      [`[${begin}, data: { text: "x".repeat(5000) } }]`, /longer than 4096/],
    ] as const) {
      const detector = await saying(observation);
      assert.throws(() => detector.look(picture), failure('DETECTOR_FAILED', fault), observation);
    }
    const sound = await (await saying(`[${begin} }]`)).look(picture);
    assert.equal((sound as readonly unknown[]).length, 1);
  });

  test('takes a promise from look, and objects beside the observations, and holds both to the same', async () => {
    const box = '{ label: "cat", box: [0.1, 0.2, 0.3, 0.4] }';
    const good = await saying(`Promise.resolve({ objects: [${box}] })`);
    assert.deepEqual(await good.look(picture), {
      observations: [],
      objects: [{ label: 'cat', box: [0.1, 0.2, 0.3, 0.4] }],
    });
    for (const [said, fault] of [
      ['Promise.resolve(7)', /something else than an array/],
      ['Promise.resolve([null])', /it is not an object/],
      ['Promise.reject(new Error("later"))', /threw in look\(\): later/],
      ['Promise.resolve({ objects: [{ label: "cat", box: [10, 20, 30, 40] }] })', /\/0\/box is not \[left/],
    ] as const) {
      const detector = await saying(said);
      await assert.rejects(async () => detector.look(picture), failure('DETECTOR_FAILED', fault), said);
    }
  });
});
