/** What tells a date range from that of a marker that uses the same id later. */
export interface DateRangeOrigin {
  /** Made by its writer: it is the same when a lost store has the opening written again. */
  readonly instance?: string;
  /** Cursor of the entry that opened it first. Of those without an instance it takes its place. */
  readonly opened?: string;
}

/** What a writer tells an opening from every other by: eight characters of chance. */
export function newInstance(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** So much of it as is known. Pure. */
export function knownOrigin({
  instance,
  opened,
}: {
  readonly instance?: string | undefined;
  readonly opened?: string | undefined;
}): DateRangeOrigin {
  return { ...(instance !== undefined && { instance }), ...(opened !== undefined && { opened }) };
}
