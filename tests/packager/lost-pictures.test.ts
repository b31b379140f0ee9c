import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Frame } from '../../src/container/frame.ts';
import type { Encoder, EncoderRun } from '../../src/encoder/encoder.ts';
import { liveEdge } from '../../src/hls/live-edge.ts';
import { MarkerWindow } from '../../src/packager/marker-window.ts';
import type { PackagedFrame } from '../../src/packager/packager-options.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { unexpected } from '../unexpected.ts';
import { PlainEncoder } from './plain-encoder.ts';
import { later, openPackager, START, steady } from './real-packager.ts';

/** Gives nothing more in its first run, and fails, once it was given a picture that no part can hold any more. */
class DyingEncoder implements Encoder {
  readonly #lives = new PlainEncoder();
  #runs = 0;
  readonly #lastPts: number;
  /** Resolves when the first run has failed. */
  readonly died: Promise<void>;
  #die = () => {};

  constructor(lastPts: number) {
    this.#lastPts = lastPts;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  start(): EncoderRun {
    this.#runs += 1;
    const run = this.#lives.start();
    if (this.#runs > 1) return run;
    const { died } = this;
    const lastPts = this.#lastPts;
    return {
      ...run,
      fragments: (async function* () {
        for await (const fragment of run.fragments) {
          if (fragment.pts > lastPts) break;
          yield fragment;
        }
        await died;
        throw new Error('killed');
      })(),
    };
  }

  kill = (): void => this.#die();
}

/** As {@link steady}, but captured so much earlier than the media's dates go: it runs behind. */
function behind(seconds: number, from: number, by: number): Frame[] {
  return [...steady(seconds, from)].map((frame) => ({ ...frame, capturedAt: frame.capturedAt - by }));
}

test('a run begins behind all that was shown, so no frame has the place of one that was lost with an encoder', async () => {
  const encoder = new DyingEncoder(900_000);
  const { packager, state, frames, close } = await openPackager(600, undefined, undefined, { encoder });
  const killed = async () => {
    encoder.kill();
    await new Promise((resolve) => setImmediate(resolve));
  };
  // The calendar alone would have it begin where the media ends.
  const again = async function* () {
    for (const frame of behind(60, 1_300_000, 1_500_000)) {
      if (split(frames)[1].length > 20) return;
      yield frame;
      await pause(10);
    }
  };
  const all = async function* () {
    yield* later(steady(1.3), killed);
    yield* again();
  };
  await packager.package(all(), () => true);
  const [lost, next] = split(frames);
  const end = state.segments.find(({ endsRun }) => endsRun === true);
  assert.ok(end !== undefined && (lost.at(-1)?.pts ?? 0) > end.pts + end.duration, 'something was lost');
  assert.ok((next[0]?.pts ?? 0) > (lost.at(-1)?.pts ?? 0));
  assert.equal(state.segments.find(({ discontinuity }) => discontinuity)?.pts, next[0]?.pts);
  assert.equal((next[0]?.date ?? 0) - START, next[0]?.pts, 'the time between two markers stays what it was');
  await close();
});

test('a process that goes on has markers of pictures that it cannot know of withdrawn where they would lie on its frames', async () => {
  const store = new MemoryStore();
  const encoder = new DyingEncoder(900_000);
  const seen = new MarkerWindow({ store, stream: 'test', failed: unexpected });
  const first = await openPackager(600, store, undefined, {
    encoder,
    onEvent: (event) => {
      if (event.type === 'run') void seen.begins({ id: event.run, at: event.at }, first.state);
    },
  });
  // Killed: what is listed stays as it is, and what was shown beyond it is in no media.
  const shown = async () => {
    while (first.frames.length < 39 || liveEdge(first.state) !== 800_000)
      await new Promise((resolve) => setImmediate(resolve));
    await first.publisher.inTurn(async () => {});
  };
  const never = new Promise<void>(() => {});
  void first.packager.package(
    later(steady(1.3), shown, () => never),
    () => false,
  );
  await shown();
  for (const { pts, date, run } of first.frames)
    await store.append('markers/test', {
      operations: [
        {
          ...{ op: 'open', run },
          marker: {
            ...{ id: `seen-${pts}`, stream: 'test', pts, date, duration: 0, text: 'Seen', class: 'seen' },
            ...{ source: 'eye', data: {} },
          },
        },
      ],
    });
  const edge = liveEdge(first.state) ?? 0;
  const second = await openPackager(600, store, first.folder, {
    onEvent: (event) => {
      if (event.type === 'run') void seen.begins({ id: event.run, at: event.at }, second.state);
    },
  });
  await second.packager.package(later(behind(1, 1_300_000, 250_000)), () => true);
  while (seen.state.begun.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const began = second.frames[0]?.pts ?? 0;
  const beyond = first.frames.filter(({ pts }) => pts >= edge).map(({ pts }) => pts);
  assert.ok(beyond.some((pts) => pts < began) && beyond.some((pts) => pts > began), 'both cases are there');
  const { markers, order } = seen.state;
  assert.deepEqual(
    order.map((id) => markers.get(id)?.pts),
    first.frames.map(({ pts }) => pts).filter((pts) => pts < began),
  );
  for (const { pts, data } of markers.values()) assert.equal(data.frameLost === true, pts >= edge);
  seen.close();
  await first.close();
});

function split(frames: readonly PackagedFrame[]): [PackagedFrame[], PackagedFrame[]] {
  const own = frames.filter(({ run }) => run.id === frames[0]?.run.id);
  return [own, frames.slice(own.length)];
}
