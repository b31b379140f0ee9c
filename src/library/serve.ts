import { baseUrl } from '../config/base-url.ts';
import { WrittenFrames } from '../source/written-frames.ts';
import { runInChildren } from './children.ts';
import { runInProcess } from './in-process.ts';
import { Live } from './live.ts';
import type { Running } from './running.ts';
import { readOptions, type ServeOptions } from './serve-options.ts';

/**
 * Starts a live stream that is written to frame by frame, and serves it: the page, the playlists, markers. Resolves when
 * it can be watched as soon as there is a frame.
 * @throws HlsStreamError USAGE for options that cannot be meant; PORT_IN_USE, ADDRESS_UNAVAILABLE, FFMPEG_NOT_FOUND,
 *   FFMPEG_TOO_OLD, ENCODER_UNAVAILABLE, DATA_DIR_NOT_WRITABLE, STREAM_BUSY and whatever else keeps it from beginning
 */
export async function serve(options: ServeOptions): Promise<Live> {
  return (await begin(options)).live;
}

/** Where a stream is served that is attached to another server. */
export interface Attached {
  readonly prefix: string;
  /** What its URLs begin with. */
  readonly base: () => string;
  /** Takes no more requests there. */
  readonly detach: () => void;
}

/** Starts a stream that listens, or is attached; resolves to it and to what answers its requests. */
export async function begin(
  options: ServeOptions,
  attached?: Attached,
): Promise<{ readonly live: Live; readonly answer: Running['answer'] }> {
  const chosen = readOptions(options);
  const { config, format, log: listener } = chosen;
  const written = format && new WrittenFrames({ ...config.size, format });
  const base = () => baseUrl(config, live.port ?? config.port);
  const live = new Live({ name: config.name, base: attached?.base ?? base }, written);
  const run = options.processes === true ? runInChildren : runInProcess;
  const running = await run({
    ...{ chosen, written, prefix: attached?.prefix, base: attached?.base },
    report(entry) {
      listener?.(entry);
      live.logged(entry);
    },
    failed(error) {
      written?.end(error);
      live.failed(error);
    },
  });
  const close = async (end: boolean) => {
    await running.close(end);
    attached?.detach();
  };
  return { live: live.begun({ ...running, close }), answer: running.answer };
}
