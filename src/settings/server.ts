import { z } from 'zod';
import { flagText, integer, setting } from './kinds.ts';

/** Settings of the server: where it listens, who may read and write. */
export const serverSettings = {
  host: setting({
    flag: 'host',
    form: 'value',
    value: '<address>',
    description: 'address to listen on',
    schema: z.string().min(1).default('127.0.0.1'),
  }),
  port: setting({
    flag: 'port',
    form: 'value',
    value: '<number>',
    description: 'TCP port, 0 to 65535; 0 takes a free one',
    schema: integer(0, 65535).default(5000),
  }),
  apiWorkers: setting({
    flag: 'api-workers',
    form: 'value',
    value: '<number>',
    description: 'API processes that share the port, 1 to 64',
    schema: integer(1, 64).default(1),
  }),
  deltaUpdates: setting({
    flag: 'delta-updates',
    form: 'switch',
    description: 'announce Playlist Delta Updates: players fetch only what is new of a long playlist',
    schema: flagText.default(false),
  }),
  corsOrigin: setting({
    flag: 'cors-origin',
    form: 'list',
    value: '<origin>',
    description: 'origin that may read from other sites; may be given many times; * for all; none by default',
    schema: z
      .array(
        z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/, {
          error: 'is no origin such as https://example.org',
        }),
      )
      .default([]),
  }),
  token: setting({
    flag: 'token',
    form: 'value',
    value: '<secret>',
    description: 'bearer token that writing needs, 8 or more characters; better given as HLSSTREAM_TOKEN',
    schema: z.string().min(8, { error: 'is shorter than 8 characters' }).max(512).optional(),
    secret: true,
  }),
  logLevel: setting({
    flag: 'log-level',
    form: 'value',
    value: '<level>',
    description: 'trace, debug, info, warn, error, fatal or silent',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  }),
};
