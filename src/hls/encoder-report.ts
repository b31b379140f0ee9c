/** What the encoder of a stream says of itself every second, in the store's dictionary; gone once it has stopped in order. */
export interface EncoderReport {
  /** Random, one start of the encoder. */
  readonly id: string;
  /** Counts the reports. */
  readonly beat: number;
  /** Frames taken from the source so far; frames repeated in its silence don't count. */
  readonly frames: number;
}

/** How often it reports, in milliseconds. */
export const REPORT_MS = 1000;

/** The store's key of an {@link EncoderReport}. */
export function encoderReportKey(stream: string): string {
  return `encoder/${stream}`;
}
