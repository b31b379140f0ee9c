import { HlsStreamError } from '../errors.ts';

/** What an operator should know. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** A sentence. */
  readonly message: string;
  /** What it is about. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Fields of a line of the log that an entry holds otherwise, or that say who writes. */
const OWN = ['level', 'msg', 'time', 'pid', 'hostname', 'name'];

/** Reads a line of a log as our processes write it; undefined for anything else. */
export function readLogLine(line: string): LogEntry | undefined {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { level, msg } = record ?? {};
  if (typeof level !== 'number') return undefined;
  const facts = Object.fromEntries(Object.entries(record).filter(([key]) => !OWN.includes(key)));
  return { level: levelOf(level), message: String(msg ?? facts.message ?? ''), facts };
}

function levelOf(level: number): LogEntry['level'] {
  if (level >= 50) return 'error';
  if (level >= 40) return 'warn';
  return level >= 30 ? 'info' : 'debug';
}

/** The error that an entry tells of. */
export function errorOf({ message, facts }: LogEntry): HlsStreamError {
  const { code, reason, err } = facts as { code?: unknown; reason?: unknown; err?: { message?: string } };
  const known = [code, reason].find((one) => typeof one === 'string' && /^[A-Z_]+$/.test(one));
  const more = typeof facts.message === 'string' ? facts.message : err?.message;
  const text = more === undefined || more === message ? message : `${message}: ${more}`;
  return new HlsStreamError((known ?? 'INTERNAL') as HlsStreamError['code'], text);
}
