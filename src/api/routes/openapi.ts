import { z } from 'zod';
import * as schemas from '../http/schemas.ts';
import { hotRoutes } from '../media/hot-path.ts';
import { type Operation, spellOut } from './openapi-operation.ts';

const component = (name: keyof typeof schemas) => ({ $ref: `#/components/schemas/${name}` });

const problem = component('errorAnswer');

const blocking = {
  _HLS_msn: 'Wait until this Media Segment, or part of it, is listed.',
  _HLS_part: 'Wait until this part of it is listed; needs _HLS_msn.',
  _HLS_skip: 'YES or v2: a Playlist Delta Update will do, where those are announced.',
};

const markerQuery = {
  ts_start: 'Only markers that begin strictly after this time, in seconds.',
  ts_end: 'Only markers that begin at this time or before, in seconds.',
  overlapping: '1: also markers that began earlier and reach into the range.',
  class: 'Only markers of this class.',
  limit: 'Markers a page, 1 to 10,000; 1000 if not given.',
  page: 'The "next" of the page before.',
};

const PLAYLIST = 'application/vnd.apple.mpegurl';

/** What is answered on the hot path, in the order of its routes. */
const hotOperations: readonly Omit<Operation, 'path' | 'method'>[] = [
  { summary: 'Multivariant Playlist', answers: { 200: PLAYLIST, 404: problem, 503: problem } },
  {
    summary: 'Media Playlist; with directives a blocking reload',
    query: blocking,
    answers: { 200: PLAYLIST, 400: problem, 404: problem, 503: problem },
  },
  {
    summary: 'I-frame playlist: the key frame that begins each Media Segment, as a byte range of it',
    answers: { 200: PLAYLIST, 404: problem, 503: problem },
  },
  {
    summary: 'Init segment of a run',
    answers: { 200: 'video/mp4', 206: 'video/mp4', 404: problem, 416: undefined },
  },
  { summary: 'Media Segment', answers: { 200: 'video/mp4', 206: 'video/mp4', 404: problem, 416: undefined } },
  {
    summary: 'Partial Segment; one that is hinted is waited for',
    answers: { 200: 'video/mp4', 206: 'video/mp4', 404: problem, 416: undefined, 503: problem },
  },
  {
    summary: 'Sheet of thumbnails, as it was with so many tiles',
    answers: { 200: 'image/jpeg', 206: 'image/jpeg', 404: problem, 416: undefined },
  },
];

function markerOperations(prefix: string): Operation[] {
  const one = component('marker');
  const many = { oneOf: [one, { type: 'array', items: one }] };
  const fresh = component('newMarker');
  const refused = { 401: problem, 403: problem };
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
      body: { oneOf: [fresh, { type: 'array', items: fresh, minItems: 1, maxItems: 1000 }] },
      answers: {
        201: many,
        ...refused,
        ...missing,
        409: problem,
        413: problem,
        415: problem,
        422: problem,
      },
    },
    {
      path: `${prefix}/markers/events`,
      method: 'get',
      summary: 'Server-sent events: markers (changes, the id is the cursor), reset (all markers), stream',
      query: { cursor: 'Go on after this cursor; Last-Event-ID goes before it. With neither: from now on.' },
      answers: { 200: 'text/event-stream', ...missing },
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

function allOperations(): Operation[] {
  return [
    ...hotRoutes.map((path, index) => ({
      path,
      method: 'get' as const,
      ...(hotOperations[index] as Omit<Operation, 'path' | 'method'>),
    })),
    ...markerOperations(''),
    ...markerOperations('/streams/{name}'),
    { path: '/', method: 'get', summary: 'The viewer', answers: { 200: 'text/html', 404: problem } },
    {
      path: '/embed',
      method: 'get',
      summary: 'The viewer for frames of other pages, as far as --frame-ancestors allows',
      answers: { 200: 'text/html', 404: problem },
    },
    {
      path: '/streams',
      method: 'get',
      summary: 'All streams in the store; those that vanished or ended until their window has passed',
      answers: { 200: component('streamList') },
    },
    {
      path: '/streams/{name}',
      method: 'get',
      summary: 'One stream',
      answers: { 200: component('stream'), 404: problem, 503: problem },
    },
    {
      path: '/streams/{name}/thumbnails.json',
      method: 'get',
      summary: 'Thumbnails: sheets of tiles, ascending by time. A sheet that fills up changes its path',
      answers: { 200: component('thumbnailList'), 404: problem, 503: problem },
    },
    {
      path: '/streams/{name}/thumbnails.vtt',
      method: 'get',
      summary: 'The same as a WebVTT storyboard; cue times are stream PTS',
      answers: { 200: 'text/vtt', 404: problem, 503: problem },
    },
    {
      path: '/clips/{name}.mp4',
      method: 'get',
      summary:
        'A clip as MP4, nothing encoded anew. It begins at the frame shown at "from"; breaks keep their length',
      query: {
        from: 'PTS in seconds, or an ISO 8601 date with zone.',
        to: 'Likewise: the clip ends with the last frame that begins before it.',
        marker: 'Instead of both: the interval of this marker; of an instant 2 s before to 3 s after.',
        filler:
          '"keep": with what was shown while the source was silent; else its last picture stands so long.',
      },
      answers: { 200: 'video/mp4', 400: problem, 404: problem, 409: problem, 422: problem, 503: problem },
    },
    {
      path: '/healthz',
      method: 'get',
      summary: 'Whether this process lives',
      answers: { 200: component('health') },
    },
    {
      path: '/readyz',
      method: 'get',
      summary: 'Whether there is something to play',
      answers: { 200: component('health'), 503: component('health') },
    },
    { path: '/metrics', method: 'get', summary: 'Metrics for Prometheus', answers: { 200: 'text/plain' } },
    { path: '/openapi.json', method: 'get', summary: 'This document', answers: { 200: 'application/json' } },
  ];
}

/** The OpenAPI 3.1 document of everything that is served. HEAD works wherever GET does. */
export function openApi(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of allOperations()) {
    const entry = paths[operation.path] ?? {};
    paths[operation.path] = entry;
    entry[operation.method] = spellOut(operation, problem);
  }
  const made = Object.entries(schemas).map(([name, schema]) => {
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' });
    return [name, json];
  });
  return {
    openapi: '3.1.0',
    info: {
      title: 'hlsstream',
      version: '1',
      description:
        'Live, seekable HLS with markers on its timeline. HEAD works wherever GET does, without ranges. What is not a whole request in time gets 408, one whose header is too large 431; a method that is not described 405.',
    },
    paths,
    components: {
      schemas: Object.fromEntries(made),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}
