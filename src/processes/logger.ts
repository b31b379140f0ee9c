import { type Logger, pino, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';

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
