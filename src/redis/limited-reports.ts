/** At most so often, in milliseconds, is trouble reported. */
const REPORT_EVERY = 10_000;

/**
 * A listener that passes on what it hears, but not more often than every ten seconds.
 * @param kindOf reports of different kinds are not counted together. @default all are of one kind
 */
export function limitReports<T>(
  listener: (report: T) => void,
  kindOf: (report: T) => string = () => '',
): (report: T) => void {
  const reportedAt = new Map<string, number>();
  return (report) => {
    const kind = kindOf(report);
    const last = reportedAt.get(kind);
    if (last !== undefined && performance.now() - last < REPORT_EVERY) return;
    reportedAt.set(kind, performance.now());
    listener(report);
  };
}
