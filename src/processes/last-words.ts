import { type ErrorRecord, toFailureRecord } from '../errors.ts';

/** True when a launcher started this process, false when a person did. */
export const launched = process.send !== undefined && process.env.HLSSTREAM_LAUNCHED === '1';

/** Exit codes: 0 well, 1 it failed, 2 it was asked for wrongly. */
const [FAILED, MISUSED] = [1, 2] as const;

/**
 * Says why this process cannot go on: to the launcher that started it, which logs it, or in a line on standard
 * error, followed by the stack of an exception that is not ours. Resolves to the exit code for who runs by hand;
 * a child of a launcher ends here, with whatever still runs in it.
 */
export function reportFailure(error: unknown): Promise<number> {
  const record = toFailureRecord(error);
  const exitCode = record.code === 'USAGE' ? MISUSED : FAILED;
  if (launched) return leave(record, exitCode);
  process.stderr.write(`hlsstream: ${record.message} [${record.code}]\n`);
  if (record.stack !== undefined) process.stderr.write(`${record.stack}\n`);
  return Promise.resolve(exitCode);
}

function leave(record: ErrorRecord, exitCode: number): Promise<never> {
  return new Promise(() =>
    process.send?.(['failed', record], undefined, undefined, () => process.exit(exitCode)),
  );
}
