import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import { faultOfMarkerData } from '../hls/marker-data.ts';
import { LONGEST_TEXT, MARKER_CLASS, markerFaults } from '../hls/marker-rules.ts';
import type { Observation } from './detector.ts';

/** What is wrong with an observation of a picture, or undefined. */
export function faultOfObservation(
  value: unknown,
  picture: { readonly pts: Microseconds; readonly date: EpochMicroseconds },
): string | undefined {
  const observation = value as Partial<Observation & { type: 'begin' }> | null | undefined;
  if (typeof observation !== 'object' || observation === null) return 'it is not an object';
  const type: unknown = observation.type;
  const isEvent = type === 'event';
  if (!isEvent && (typeof observation.key !== 'string' || observation.key === '')) return 'key is not a text';
  if (!Number.isSafeInteger(observation.pts))
    return `pts is not a whole number of microseconds: ${String(observation.pts)}`;
  if ((observation.pts as number) > picture.pts) return 'pts lies after the picture';
  if (type === 'end') return undefined;
  if (type !== 'begin' && !isEvent) return 'type is neither begin nor end, nor event';
  if (!Number.isSafeInteger(observation.date))
    return `date is not a whole number of microseconds: ${String(observation.date)}`;
  if ((observation.date as number) > picture.date) return 'date lies after the picture';
  if (
    typeof observation.text !== 'string' ||
    observation.text === '' ||
    observation.text.length > LONGEST_TEXT
  )
    return `text is not a text of 1 to ${LONGEST_TEXT} characters`;
  if (typeof observation.class !== 'string' || !MARKER_CLASS.test(observation.class))
    return `class ${markerFaults.class}`;
  const fault = observation.data === undefined ? undefined : faultOfMarkerData(observation.data);
  return fault === undefined ? undefined : `data ${fault}`;
}
