/** At most so often, in milliseconds, is trouble reported. */
const REPORT_EVERY = 10_000;

/** A listener that passes on what it hears, but not more often than every ten seconds. */
export function limitReports<T>(listener: (report: T) => void): (report: T) => void {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (report) => {
    if (performance.now() - reportedAt < REPORT_EVERY) return;
    reportedAt = performance.now();
    listener(report);
  };
}
