import { finished, type Readable } from 'node:stream';
import type { Microseconds, Milliseconds } from '../clock.ts';
import type { FrameParser, ParsedFrame } from './frame-parser.ts';
import type { PacerClock } from './pacer.ts';

/** So long a whole picture waits for what comes behind it. */
const IDLE: Milliseconds = 20;

/** What a {@link FrameParser} found, and when its last byte was there. */
export interface TimedFrame {
  readonly event: ParsedFrame;
  /** By the clock given. */
  readonly at: Microseconds;
}

/**
 * What the parser finds in a pipe. Each piece is taken as it is read, not waited for one by one: a picture has more
 * than forty. Reads no further than the first thing found until that is taken.
 * @throws Error when the pipe breaks, or is closed before its end.
 */
export async function* parsedFrames(
  stdin: Readable,
  parser: FrameParser,
  clock: PacerClock,
): AsyncGenerator<TimedFrame, void, undefined> {
  let found: TimedFrame[] = [];
  let end: { readonly error?: Error | null | undefined } | undefined;
  let wake = () => {};
  let timer: NodeJS.Timeout | undefined;
  // When the picture that waits was whole.
  let wholeAt: Microseconds = 0;
  const hear = (parse: () => readonly ParsedFrame[]) => {
    clearTimeout(timer);
    const now = clock.now();
    let at = parser.waits ? wholeAt : now;
    for (const event of parse()) {
      found.push({ event, at });
      if (event.type === 'frame' || event.type === 'alone') at = now;
    }
    wholeAt = at;
    if (found.length === 0) return;
    stdin.pause();
    wake();
  };
  const giveWhenIdle = () => {
    if (parser.waits) timer = setTimeout(hear, IDLE, () => parser.idle());
  };
  const onData = (chunk: Uint8Array) => {
    hear(() => parser.push(chunk));
    if (found.length === 0) giveWhenIdle();
  };
  stdin.on('data', onData);
  const unlisten = finished(stdin, { writable: false }, (error) => {
    if (!error) hear(() => parser.end());
    end = { error };
    wake();
  });
  try {
    for (;;) {
      if (found.length === 0) {
        if (end !== undefined) break;
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        stdin.resume();
        giveWhenIdle();
        await woken;
      }
      const taken = found;
      found = [];
      yield* taken;
    }
    if (end.error) throw end.error;
  } finally {
    clearTimeout(timer);
    stdin.off('data', onData);
    unlisten();
  }
}
