import { millisecondsToSeconds, toSeconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Frame } from '../container/frame.ts';
import { HlsStreamError, withoutSecrets } from '../errors.ts';
import { openSource } from '../source/open.ts';
import { checkSource } from './preflight.ts';

/** How long a source may take to give its first picture, in milliseconds. */
const TIMEOUT_MS = 20_000;

/**
 * Opens the source, takes one frame and lets go of it. Resolves to the facts of that frame.
 * @throws HlsStreamError with the reason why there is none
 */
export async function lookAtSource(config: Config): Promise<string> {
  await checkSource(config);
  const name = config.source === '-' ? 'standard input' : config.source;
  const began = performance.now();
  const stop = new AbortController();
  let reason: HlsStreamError | undefined;
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const source = await openSource(config, {
      signal: stop.signal,
      log: {
        info() {},
        warn() {},
        broken(error) {
          // The system would wait for it; here the question is whether it is there.
          reason = error;
          stop.abort();
        },
      },
    });
    for await (const frame of source.frames()) {
      const seconds = millisecondsToSeconds(performance.now() - began).toFixed(1);
      const { width, height, frameRate } = source;
      const rate = Number(frameRate.toFixed(3));
      return withoutSecrets(
        `${name} gives ${width}x${height} at ${rate} frames/s; first picture after ${seconds} s, ${look(frame)}`,
      );
    }
  } catch (error) {
    throw reason ?? error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  throw (
    reason ??
    new HlsStreamError(
      'SOURCE_FAILED',
      `${name} has given no picture within ${millisecondsToSeconds(TIMEOUT_MS)} s; is it switched on?`,
    )
  );
}

/** What a person would want to know of a picture without seeing it. */
function look({ pts, data }: Frame): string {
  let sum = 0;
  let [darkest, brightest] = [255, 0];
  for (let index = 0; index < data.length; index += 4) {
    // ITU-R BT.709 luma.
    const luma = 0.2126 * at(data, index) + 0.7152 * at(data, index + 1) + 0.0722 * at(data, index + 2);
    sum += luma;
    darkest = Math.min(darkest, luma);
    brightest = Math.max(brightest, luma);
  }
  const percent = (luma: number) => Math.round((luma / 255) * 100);
  const mean = percent(sum / (data.length / 4));
  const range =
    brightest - darkest < 2 ? 'all of it the same' : `from ${percent(darkest)} to ${percent(brightest)} %`;
  return `PTS ${toSeconds(pts)} s, luma ${mean} % on average, ${range}`;
}

function at(data: Uint8Array, index: number): number {
  return data[index] as number;
}
