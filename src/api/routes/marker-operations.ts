import { MOST_MARKERS } from '../../hls/marker-rules.ts';
import { component, type Operation, problem } from '../http/operation.ts';

const markerQuery = {
  ts_start: 'Only markers that begin strictly after this time, in seconds.',
  ts_end: 'Only markers that begin at this time or before, in seconds.',
  overlapping: '1: also markers that began earlier and reach into the range.',
  class: 'Only markers of this class.',
  limit: 'Markers a page, 1 to 10,000; 1000 if not given.',
  page: 'The "next" of the page before.',
};

/**
 * What `markerRoutes` adds, as OpenAPI describes it.
 * @param prefix of the paths: none for the default stream
 */
export function markerOperations(prefix: string): Operation[] {
  const one = component('marker');
  const many = { oneOf: [one, { type: 'array', items: one }] };
  const fresh = component('newMarker');
  const refused = { 401: problem, 403: problem, 507: problem };
  // There is always a default stream; one that is named may be missing.
  const missing = prefix === '' ? {} : { 404: problem };
  return [
    {
      path: `${prefix}/markers`,
      method: 'get',
      summary: 'Markers, ascending by time',
      query: markerQuery,
      answers: { 200: component('markerList'), ...missing },
    },
    {
      path: `${prefix}/markers`,
      method: 'post',
      summary: 'Make a marker, or several at once: all or none',
      body: { oneOf: [fresh, { type: 'array', items: fresh, minItems: 1, maxItems: MOST_MARKERS }] },
      answers: {
        201: many,
        ...refused,
        ...missing,
        409: problem,
        413: problem,
        415: problem,
        422: problem,
        503: problem,
      },
    },
    {
      path: `${prefix}/markers/{id}`,
      method: 'get',
      summary: 'One marker',
      answers: { 200: one, 404: problem },
    },
    {
      path: `${prefix}/markers/{id}`,
      method: 'patch',
      summary: 'Close or change a marker',
      body: component('markerChanges'),
      answers: { 200: one, ...refused, 404: problem, 413: problem, 415: problem, 422: problem },
    },
    {
      path: `${prefix}/markers/{id}`,
      method: 'delete',
      summary: 'Remove a marker',
      answers: { 204: undefined, ...refused, 404: problem },
    },
  ];
}
