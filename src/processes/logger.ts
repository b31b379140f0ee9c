import { type Logger, pino, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { withoutSecrets } from '../errors.ts';

/**
 * The logger of a process: JSON lines on stderr, pretty when that is a terminal. Stdout stays free for what
 * a command was asked for.
 */
export function createLogger(name: string, level: string): Logger {
  const stream = process.stderr.isTTY
    ? PinoPretty({
        destination: 2,
        ignore: 'pid,hostname',
        translateTime: 'HH:MM:ss.l',
        sync: true,
      })
    : undefined;
  const options = {
    name,
    level,
    timestamp: stdTimeFunctions.isoTime,
    redact: {
      paths: ['token', '*.token', 'headers.authorization'],
      censor: '[secret]',
    },
    // Whatever a line is made of, an ffmpeg's own words or a stack: no password leaves the process in it.
    hooks: { streamWrite: withoutSecrets },
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
