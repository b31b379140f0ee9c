import { createRequire } from 'node:module';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import { withoutSecrets } from '../errors.ts';

/**
 * The logger of a process: JSON lines on stderr, pretty when that is a terminal. Stdout stays free for what
 * a command was asked for.
 */
export function createLogger(name: string, level: string): Logger {
  const stream = process.stderr.isTTY ? prettyLines() : undefined;
  const options = {
    name,
    level,
    timestamp: stdTimeFunctions.isoTime,
    redact: {
      paths: ['token', '*.token', 'headers.authorization'],
      censor: '[secret]',
    },
    // Whatever a line is made of, an ffmpeg's own words or a stack: no password leaves the process in it.
    hooks: {
      streamWrite: (line: string) => {
        const shown = withoutSecrets(line);
        return stream === undefined ? shown : forTerminal(shown);
      },
    },
  };
  return stream === undefined
    ? pino(
        options,
        process.stderr as unknown as NodeJS.WritableStream & {
          write(text: string): boolean;
        },
      )
    : pino(options, stream);
}

/** A line of JSON without what a terminal would obey when its texts are printed: they may be a camera's or a program's. */
export function forTerminal(line: string): string {
  return line.replace(/\\\\|\\u00[01][0-9a-f]|\\[bfr]|[\x7f-\x9f]/gi, (found) =>
    found === '\\\\' ? found : '\u{FFFD}',
  );
}

/** Lines for a person. Only a terminal has it loaded: every process would begin later for it. */
function prettyLines(): NodeJS.WritableStream & { write(text: string): boolean } {
  const { PinoPretty } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return PinoPretty({
    destination: 2,
    ignore: 'pid,hostname',
    translateTime: 'HH:MM:ss.l',
    sync: true,
  });
}
