import { type Logger, pino } from 'pino';
import { withoutSecrets } from '../errors.ts';
import { type LogEntry, readLogLine } from './log-entry.ts';

/** A logger for the parts of the system that run in this process, whose entries go to `take`. */
export function entryLogger(take: (entry: LogEntry) => void): Logger {
  const write = (line: string) => {
    const entry = readLogLine(line);
    if (entry !== undefined) take(entry);
  };
  return pino({ name: 'library', level: 'info', hooks: { streamWrite: withoutSecrets } }, { write });
}
