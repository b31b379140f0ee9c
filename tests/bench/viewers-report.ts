import type { LoadOrder, LoadWord } from './viewers-load.ts';
import type { Worker } from './worker.ts';

/** What viewers noted since they were told to begin. */
export type LoadReport = Extract<LoadWord, { type: 'report' }>;

/** Has viewers stop noting; rejects, with what they said, if one of them was refused or cut off. */
export async function reportOf(load: Worker<LoadOrder>): Promise<LoadReport> {
  const report = await load.ask<LoadWord>({ type: 'end' });
  if (report.type !== 'report' || report.failures.length > 0) throw new Error(JSON.stringify(report));
  return report;
}
