import { z } from 'zod';
import { type Operation, problem, spellOut } from '../http/operation.ts';
import * as schemas from '../http/schemas.ts';
import { hotOperations } from '../media/hot-path.ts';
import { accessOperations } from './access.ts';
import { clipOperations } from './clips.ts';
import { embedOperations } from './embed.ts';
import { eventOperations } from './events.ts';
import { healthOperations } from './health.ts';
import { markerOperations } from './marker-operations.ts';
import { objectOperations } from './objects.ts';
import { pictureOperations } from './pictures.ts';
import { streamOperations } from './streams.ts';
import { thumbnailOperations } from './thumbnails.ts';

const operations: readonly Operation[] = [
  ...hotOperations,
  ...['', '/streams/{name}'].flatMap((prefix) => [
    ...markerOperations(prefix),
    ...eventOperations(prefix),
    ...objectOperations(prefix),
  ]),
  { path: '/', method: 'get', summary: 'The viewer', answers: { 200: 'text/html', 404: problem } },
  ...embedOperations,
  ...streamOperations,
  ...thumbnailOperations,
  ...pictureOperations,
  ...clipOperations,
  ...healthOperations,
  { path: '/openapi.json', method: 'get', summary: 'This document', answers: { 200: 'application/json' } },
];

/**
 * The OpenAPI 3.1 document of everything that is served. HEAD works wherever GET does.
 * @param isPrivate whether there is what belongs to a private system
 */
export function openApi(isPrivate = false): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of isPrivate ? [...operations, ...accessOperations] : operations) {
    const entry = paths[operation.path] ?? {};
    paths[operation.path] = entry;
    entry[operation.method] = spellOut(operation);
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
