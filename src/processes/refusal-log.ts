import type { Logger } from 'pino';
import type { AddressLimitsOptions, Limited } from '../api/access/address-limits.ts';
import { limitReports } from '../redis/limited-reports.ts';

/** Logs once in a while who tries tokens or does too much, and how often somebody has since. */
export function refusalLog(log: Logger): NonNullable<AddressLimitsOptions['refused']> {
  const counts = new Map<Limited, number>();
  const reports = new Map<Limited, (address: string) => void>();
  return (what, address) => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
    let report = reports.get(what);
    if (report === undefined) {
      report = limitReports((last: string) => {
        log.warn({ address: last, times: counts.get(what) }, MESSAGES[what]);
        counts.set(what, 0);
      });
      reports.set(what, report);
    }
    report(address);
  };
}

const MESSAGES: Readonly<Record<Limited, string>> = {
  'failed tokens': 'wrong tokens were shown',
  writing: 'an address writes faster than --write-rate; refused',
  'event streams': 'an address has as many event streams open as --events-per-address; refused',
  'blocked requests': 'an address has as many blocking requests as --blocking-per-address; refused',
};
