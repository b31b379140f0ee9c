import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Detector, Observation } from '../../src/detector/detector.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { Picture } from '../../src/frames/picture.ts';
import { randomNumbers } from './board.ts';

/** A detector under test. */
export interface DetectorCase {
  open(): Promise<Detector>;
  /** Draws what it looks for, or the same scene without it. */
  draw(shown: boolean): Pick<Picture, 'width' | 'height' | 'data'>;
  /** Settings that it cannot be opened with, and the code that says so. */
  readonly refusals: readonly (readonly [what: string, open: () => unknown, code: ErrorCode])[];
}

/** Pictures a second. */
const RATE = 10;
const STEP = 1e6 / RATE;
const DATE = 1_700_000_000_000_000;
/** What is looked for is seen from one of these pictures to the other. */
const [FROM, TO, END] = [50, 80, 120] as const;

/** An event as the detector left it. */
interface Event {
  readonly key: string;
  readonly from: number;
  to: number | undefined;
}

/** Shows a detector pictures, and holds whatever it says to what the seam promises of all. */
class Watch {
  readonly events: Event[] = [];
  readonly #detector: Detector;
  readonly #open = new Map<string, Event>();
  #first = Number.POSITIVE_INFINITY;

  constructor(detector: Detector) {
    this.#detector = detector;
  }

  /** Keys of the events that go on. */
  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  async look(picture: Picture): Promise<readonly Observation[]> {
    this.#first = Math.min(this.#first, picture.pts);
    const said = (await this.#detector.look(picture)) as readonly Observation[];
    assert.ok(Array.isArray(said));
    let last = Number.NEGATIVE_INFINITY;
    for (const one of said) {
      assert.ok(Number.isSafeInteger(one.pts), `${one.pts}`);
      assert.ok(one.pts <= picture.pts, 'nothing is said of what has not been shown');
      assert.ok(one.pts >= this.#first, 'nothing is said of the time before the first picture');
      assert.ok(one.pts >= last, 'the oldest comes first');
      last = one.pts;
      if (one.type === 'begin') this.#begin(one);
      else this.#end(one);
    }
    return said;
  }

  #begin({ key, pts, date, text, data, class: kind }: Observation & { type: 'begin' }): void {
    assert.equal(date, DATE + pts, 'the date is that of the same frame');
    assert.ok(!this.#open.has(key), `${key} is open already`);
    assert.match(text, /\S/);
    assert.match(kind, /^[A-Za-z0-9_.:-]{1,64}$/);
    if (data !== undefined) assert.deepEqual(JSON.parse(JSON.stringify(data)), data);
    const event = { key, from: pts / STEP, to: undefined };
    this.#open.set(key, event);
    this.events.push(event);
  }

  #end({ key, pts }: Observation): void {
    const event = this.#open.get(key);
    assert.ok(event, `${key} is not open`);
    assert.ok(pts / STEP >= event.from, 'it ends after it began');
    event.to = pts / STEP;
    this.#open.delete(key);
  }
}

/** What every detector must do. Nothing in here knows one. */
export function detectorContract(name: string, { open, draw, refusals }: DetectorCase): void {
  const scenes = new Map([true, false].map((shown) => [shown, draw(shown)]));
  const picture = (number: number, shown: boolean, more: Partial<Picture> = {}): Picture => {
    const { width, height, data } = scenes.get(shown) as ReturnType<typeof draw>;
    const pts = number * STEP;
    return {
      ...{ width, height, data: data.slice(), pts, date: DATE + pts, dropped: 0, discontinuity: false },
      ...more,
    };
  };
  const isShown = (number: number) => number >= FROM && number < TO;
  const spans = (watch: Watch) => watch.events.map(({ from, to }) => [from, to]);

  describe(`detector: ${name}`, () => {
    test('has a name that can stand in a URL', async () => {
      const detector = await open();
      assert.match(detector.name, /^[A-Za-z0-9_.-]{1,64}$/);
      const { recognition = 0 } = detector;
      assert.ok(Number.isFinite(recognition) && recognition >= 0);
    });

    test('says the first frame that shows it and the first that does not, and keeps no picture', async () => {
      const watch = new Watch(await open());
      for (let number = 0; number < END; number += 1) {
        const shown = picture(number, isShown(number));
        await watch.look(shown);
        // The memory is another picture's next.
        shown.data.fill(number);
      }
      assert.deepEqual(spans(watch), [[FROM, TO]]);
    });

    test('knows nothing of another of its kind', async () => {
      const [one, other] = [new Watch(await open()), new Watch(await open())];
      for (let number = 0; number < END; number += 1) {
        await one.look(picture(number, isShown(number)));
        await other.look(picture(number, false));
      }
      assert.deepEqual([spans(one), spans(other)], [[[FROM, TO]], []]);
    });

    test('goes on over frames that were lost: what it missed is no event', async () => {
      const watch = new Watch(await open());
      for (let number = 0; number < END; number += 1) {
        if (number > FROM + 10 && number < FROM + 15) continue;
        const dropped = number === FROM + 15 ? 4 : 0;
        await watch.look(picture(number, isShown(number), { dropped }));
      }
      assert.deepEqual(spans(watch), [[FROM, TO]]);
    });

    test('leaves nothing open after a break behind which it is gone', async () => {
      const watch = new Watch(await open());
      for (let number = 0; number < TO; number += 1) await watch.look(picture(number, isShown(number)));
      assert.equal(watch.open.length, 1);
      // Slate or a gap was listed for a minute, which no detector is shown.
      for (let number = TO + 600; number < TO + 650; number += 1)
        await watch.look(picture(number, false, { discontinuity: number === TO + 600 }));
      assert.deepEqual(watch.open, []);
      const [{ from = 0, to = 0 } = {}, ...more] = watch.events;
      assert.deepEqual([from, more.length], [FROM, 0]);
      assert.ok(to >= TO && to <= TO + 600, `it ended in picture ${to}`);
    });

    test('says of what is there before and after a break that it goes on, or ends and begins', async () => {
      const watch = new Watch(await open());
      for (let number = 0; number < FROM + 20; number += 1)
        await watch.look(picture(number, isShown(number)));
      for (let number = 600; number < 650; number += 1)
        await watch.look(picture(number, number < 630, { discontinuity: number === 600 }));
      assert.deepEqual(watch.open, []);
      assert.equal(watch.events[0]?.from, FROM);
      assert.equal(watch.events.at(-1)?.to, 630);
    });

    test('takes pictures of every shape, also one after the other, and whatever is in them', async () => {
      const watch = new Watch(await open());
      const random = randomNumbers(11);
      const shapes = [
        [160, 90],
        [90, 160],
        [161, 91],
        [64, 64],
        [1024, 64],
        [64, 1024],
        [2, 2],
      ] as const;
      let number = 0;
      for (const [width, height] of shapes)
        for (const level of [() => 0, () => 255, () => 256 * random()])
          for (const discontinuity of [true, false]) {
            const data = Uint8Array.from({ length: width * height * 4 }, level);
            await watch.look(picture(number, false, { width, height, data, discontinuity }));
            number += 1;
          }
    });

    test('remembers what can be kept, and a successor that recalls it goes on', async () => {
      const killed = await open();
      const before = new Watch(killed);
      for (let number = 0; number < FROM + 20; number += 1)
        await before.look(picture(number, isShown(number)));
      const memory = killed.remember?.();
      const successor = await open();
      if (memory !== undefined) successor.recall?.(structuredClone(memory));
      const after = new Watch(successor);
      for (let number = FROM + 22; number < END; number += 1)
        await after.look(picture(number, isShown(number)));
      assert.deepEqual(after.open, []);
      for (const { to } of after.events) assert.equal(to, TO);
    });

    test('is none the worse for the memory of another version', async () => {
      for (const memory of [null, 'no', 7, [], {}, { version: 99, columns: 1, rows: 1, background: 'no' }]) {
        const detector = await open();
        detector.recall?.(memory);
        const watch = new Watch(detector);
        for (let number = 0; number < END; number += 1) await watch.look(picture(number, isShown(number)));
        assert.deepEqual(spans(watch), [[FROM, TO]], JSON.stringify(memory));
      }
    });

    for (const [what, openIt, code] of refusals)
      test(`refuses ${what} with ${code}`, async () => {
        await assert.rejects(async () => openIt(), { name: 'HlsStreamError', code });
      });
  });
}
