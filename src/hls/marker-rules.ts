/** What the fields of a marker may be, wherever one comes in: over HTTP, or with a frame. */

/** What a marker's id is made of. */
export const MARKER_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Ids that mean something else in URLs. */
export const RESERVED_IDS: readonly string[] = ['.', '..', 'events'];

/** What a marker's class is made of. */
export const MARKER_CLASS = /^[A-Za-z0-9_.:-]{1,64}$/;

/** The class of a marker that names none. */
export const DEFAULT_CLASS = 'note';

/** Length of the longest text, in code points. */
export const LONGEST_TEXT = 1000;

/** The longest duration, in seconds: 7 days. */
export const LONGEST_DURATION = 604_800;

/** How many markers may come at once. */
export const MOST_MARKERS = 1000;

/** What is said of a field that is not as it should be. */
export const markerFaults = {
  id: 'is not 1 to 128 of the characters A-Z a-z 0-9 _ . : -',
  reservedId: 'is a name with a meaning in URLs',
  class: 'is not 1 to 64 of the characters A-Z a-z 0-9 _ . : -',
  emptyText: 'is empty',
  longText: `is longer than ${LONGEST_TEXT} characters`,
  negativeDuration: 'is negative',
  longDuration: 'is longer than 7 days',
} as const;
