import { isIP } from 'node:net';
import { WrittenFrames } from '../source/written-frames.ts';
import { runInProcess } from './in-process.ts';
import { Live } from './live.ts';
import { entryLogger } from './log-entry.ts';
import { readOptions, type ServeOptions } from './serve-options.ts';

/**
 * Starts a live stream that is written to frame by frame, and serves it: the page, the playlists, markers. Resolves when
 * it can be watched as soon as there is a frame.
 * @throws HlsStreamError USAGE for options that cannot be meant; PORT_IN_USE, ADDRESS_UNAVAILABLE, FFMPEG_NOT_FOUND,
 *   FFMPEG_TOO_OLD, ENCODER_UNAVAILABLE, DATA_DIR_NOT_WRITABLE, STREAM_BUSY and whatever else keeps it from beginning
 */
export async function serve(options: ServeOptions): Promise<Live> {
  const chosen = readOptions(options);
  const { config, format, log: listener } = chosen;
  const written = format && new WrittenFrames({ ...config.size, format });
  const base = () => {
    const scheme = config.tlsCert === undefined ? 'http' : 'https';
    return `${scheme}://${hostOf(config.host)}:${live.port ?? config.port}`;
  };
  const live = new Live({ name: config.name, base }, written);
  const log = entryLogger((entry) => {
    listener?.(entry);
    live.logged(entry);
  });
  const running = await runInProcess({
    ...{ chosen, written, log },
    failed: (error) => {
      written?.end(error);
      live.failed(error);
    },
  });
  return live.begun(running);
}

/** The host as a URL has it: a wildcard address is reached by the machine's own name for itself. */
function hostOf(host: string): string {
  const open = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return isIP(open) === 6 ? `[${open}]` : open;
}
