import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Milliseconds, millisecondsToSeconds, within } from '../clock.ts';
import { HlsStreamError, importFailure, messageOf } from '../errors.ts';
import type { Picture } from '../frames/picture.ts';
import { readObjects } from '../hls/frame-objects.ts';
import type { Answer, Detector } from './detector.ts';
import { faultOfObservation } from './observation.ts';

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
/** A module must have loaded and made its detector within this, in milliseconds. */
const LOADING_MS = 10_000;

/**
 * Loads a detector from a module of somebody else's: its default export is a function that returns a
 * {@link Detector}, or a promise of one. Throws MODULE_INVALID when it is no such module. The detector
 * returned throws DETECTOR_FAILED, naming the module, when `look` throws or says something that is no
 * observation. `loadingMs`: how long loading and making may take each, in milliseconds.
 */
export async function loadDetector(path: string, loadingMs = LOADING_MS): Promise<Detector> {
  const invalid = (what: string, cause?: unknown) =>
    new HlsStreamError(
      'MODULE_INVALID',
      `--detector ${path}: ${what}; it needs a default export, a function that returns { name, look(picture) }`,
      { cause },
    );
  const url = path.startsWith('file:') ? path : pathToFileURL(resolve(path)).href;
  const slow = (what: string) => invalid(`${what} within ${millisecondsToSeconds(loadingMs)} s`);
  const module = await inTime(import(url), loadingMs, slow('has not loaded')).then(
    (loaded: { readonly default?: unknown }) => loaded,
    (error: unknown) => {
      if (error instanceof HlsStreamError) throw error;
      throw invalid(`cannot be loaded: ${importFailure(error)}`, error);
    },
  );
  if (typeof module.default !== 'function') throw invalid('has no function as its default export');
  let made: unknown;
  try {
    made = await inTime(module.default(), loadingMs, slow('has not made a detector'));
  } catch (error) {
    if (error instanceof HlsStreamError) throw error;
    throw invalid(`failed to make a detector: ${messageOf(error)}`, error);
  }
  const detector = made as Detector | undefined;
  if (typeof detector?.look !== 'function') throw invalid('made something without a function look');
  if (typeof detector.name !== 'string' || !NAME.test(detector.name))
    throw invalid(`made a detector whose name is not ${NAME.source}`);
  const { recognition } = detector;
  if (recognition !== undefined && !(Number.isFinite(recognition) && recognition >= 0))
    throw invalid('made a detector whose recognition is not a time in microseconds');
  return guarded(detector, path);
}

/** What a promise resolves to; rejects with `failure` when that takes too long. */
async function inTime<T>(
  promise: T | PromiseLike<T>,
  time: Milliseconds,
  failure: HlsStreamError,
): Promise<T> {
  const answer = await within(
    Promise.resolve(promise).then((value) => ({ value })),
    time,
  );
  if (answer === 'late') throw failure;
  return answer.value;
}

function guarded(detector: Detector, path: string): Detector {
  const failed = (what: string, cause?: unknown) =>
    new HlsStreamError('DETECTOR_FAILED', `the detector ${path} ${what}`, {
      cause,
    });
  /** Runs a function of the module's. */
  const trying = <T>(name: string, call: () => T): T => {
    try {
      return call();
    } catch (error) {
      throw failed(`threw in ${name}(): ${messageOf(error)}`, error);
    }
  };
  const checked = (returned: unknown, picture: Picture): Answer => {
    const { observations = [], objects } = (
      Array.isArray(returned)
        ? { observations: returned }
        : typeof returned === 'object'
          ? (returned ?? { observations: null })
          : { observations: null }
    ) as { readonly observations?: unknown; readonly objects?: unknown };
    if (!Array.isArray(observations))
      throw failed(
        `returned something else than an array, or { observations, objects }, from look(): ${kindOf(returned)}`,
      );
    for (const observation of observations) {
      const fault = faultOfObservation(observation, picture);
      if (fault !== undefined) throw failed(`returned a bad observation from look(): ${fault}`);
    }
    if (objects === undefined) return observations;
    const read = readObjects(objects);
    if ('fault' in read)
      throw failed(`returned bad objects from look(): ${read.at || 'objects'} ${read.fault}`);
    return { observations, objects: read.objects };
  };
  return {
    name: detector.name,
    ...(detector.recognition !== undefined && {
      recognition: detector.recognition,
    }),
    look(picture: Picture) {
      const returned: unknown = trying('look', () => detector.look(picture));
      if (!isPromise(returned)) return checked(returned, picture);
      return Promise.resolve(returned).then(
        (answer) => checked(answer, picture),
        (error: unknown) => {
          throw failed(`threw in look(): ${messageOf(error)}`, error);
        },
      );
    },
    ...(detector.close && {
      close: async () => {
        await detector.close?.();
      },
    }),
    ...(detector.remember && {
      remember() {
        const memory: unknown = trying('remember', () => detector.remember?.());
        if (isPromise(memory)) throw failed(`returned from remember(): ${kindOf(memory)}`);
        return memory;
      },
    }),
    ...(detector.recall && {
      recall: (memory) => trying('recall', () => detector.recall?.(memory)),
    }),
  };
}

/** What came instead of what was asked for. A promise that fails is nobody else's to catch. */
function kindOf(value: unknown): string {
  if (!isPromise(value))
    return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
  value.then(undefined, () => {});
  return 'a promise; it must answer at once, without async';
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
