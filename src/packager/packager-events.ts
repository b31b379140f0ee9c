/** What happened, for the log. */
export type PackagerEvent =
  | { readonly type: 'run'; readonly run: string; readonly pid?: number }
  | { readonly type: 'stalled'; readonly seconds: number }
  | { readonly type: 'encoder-failed'; readonly error: unknown }
  | { readonly type: 'cleanup-failed'; readonly error: unknown };

/** Counts since the start. */
export interface PackagerCounts {
  /** Pictures sent once more because none came in time. */
  held: number;
  /** Pictures dropped because they came after a held one with a later PTS, or while the encoder was away. */
  late: number;
  /** Real pictures that went into the encoder. */
  taken: number;
}
