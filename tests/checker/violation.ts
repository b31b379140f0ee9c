/** Every rule the judge holds. */
export type Rule =
  // one playlist by itself
  | 'syntax'
  | 'version'
  | 'required-tags'
  | 'control'
  | 'target-duration'
  | 'map'
  | 'program-date-time'
  | 'date-continuity'
  | 'part-length'
  | 'part-sum'
  | 'part-listing'
  | 'hint-missing'
  | 'gap'
  | 'daterange-form'
  // one playlist after another
  | 'promise-changed'
  | 'media-sequence'
  | 'discontinuity-sequence'
  | 'segment-changed'
  | 'append-only'
  | 'too-short'
  | 'part-withdrawn'
  | 'part-changed'
  | 'hint-broken'
  | 'hint-run'
  | 'endlist-withdrawn'
  | 'after-endlist'
  | 'daterange-changed'
  | 'daterange-withdrawn'
  | 'delta'
  // media and transport
  | 'http'
  | 'expired-too-early'
  | 'part-bytes'
  | 'media-times'
  | 'decode';

/** One broken rule. */
export interface Violation {
  readonly rule: Rule;
  readonly message: string;
}
