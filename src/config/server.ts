import { z } from 'zod';
import { flagText, integer, number, setting } from './kinds.ts';

/** `auto`, or a switch in any of its words. */
const deltaUpdates = z
  .union([z.literal('auto'), flagText], { error: 'is neither auto, on nor off' })
  .transform((value) => (value === 'auto' ? value : value ? 'on' : 'off'));

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
  memory: setting({
    flag: 'memory',
    form: 'value',
    value: '<megabytes>',
    description:
      'largest JavaScript heap of each process, 64 to 65536 MB; one that outgrows it ends and is started again',
    schema: integer(64, 65_536).default(1024),
  }),
  deltaUpdates: setting({
    flag: 'delta-updates',
    form: 'value',
    value: '<auto|on|off>',
    description:
      'Playlist Delta Updates, by which players fetch only what is new of a long playlist; auto sends the whole one (up to 64 KiB gzipped) while a delta would skip a discontinuity, which hls.js before 1.6.3 needs',
    schema: deltaUpdates.default('auto'),
  }),
  publicPath: setting({
    flag: 'public-path',
    form: 'value',
    value: '<path>',
    description:
      'path prefix below which a proxy shows all of this, such as /cams, whether it takes it off or not; by default what its X-Forwarded-Prefix says',
    schema: z
      .string()
      .regex(/^(?:\/|(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]{1,64}){1,16}\/?)$/, {
        error: 'is not a path such as /cams',
      })
      .optional(),
  }),
  publicHost: setting({
    flag: 'public-host',
    form: 'list',
    value: '<name>',
    description:
      "host name by which browsers and proxies ask for this server, such as cams.example.org; may be given many times; addresses, localhost and this machine's own name need not be given",
    schema: z
      .array(
        z.string().regex(/^(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$/, {
          error: 'is not a host name such as cams.example.org, without scheme, port and path',
        }),
      )
      .default([]),
  }),
  publicUrl: setting({
    flag: 'public-url',
    form: 'value',
    value: '<url>',
    description:
      'address by which people open this server, such as https://cams.example.org/cams: what links in hooks begin with; its host name counts as --public-host; by default made of --host and --port',
    schema: z
      .string()
      .regex(/^https?:\/\/[^/\s?#@]+(?:\/[^\s?#]*)?$/, {
        error: 'is not an address such as https://cams.example.org, without a login, ? and #',
      })
      .refine(URL.canParse, { error: 'is not a URL' })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
  }),
  plainConnections: setting({
    flag: 'plain-connections',
    form: 'value',
    value: '<on|off>',
    description:
      "answer players' plain requests straight from their connections, at half the cost; off sends all through Node's HTTP server",
    schema: flagText.default(true),
  }),
  connectionsPerAddress: setting({
    flag: 'connections-per-address',
    form: 'value',
    value: '<number>',
    description: 'connections one address may have to each API process, 1 to 1000000; above that it gets 503',
    schema: integer(1, 1_000_000).default(1000),
  }),
  blockingRequests: setting({
    flag: 'blocking-requests',
    form: 'value',
    value: '<number>',
    description: 'requests each API process holds back until new media comes, 1 to 1000000; above that 503',
    schema: integer(1, 1_000_000).default(20_000),
  }),
  clipLimit: setting({
    flag: 'clip-limit',
    form: 'value',
    value: '<seconds>',
    description: 'length of the longest clip that can be downloaded, 1 to 86400 s',
    schema: number(1, 86_400).default(600),
  }),
  frameAncestors: setting({
    flag: 'frame-ancestors',
    form: 'list',
    value: '<origin>',
    description:
      'origin whose pages may show /embed in a frame, or self, none or *; may be given many times; self by default',
    schema: z
      .array(
        z.string().regex(/^(?:\*|self|none|https?:\/\/[^/\s;,]+)$/, {
          error: 'is not an origin such as https://example.org, nor self, none or *',
        }),
      )
      .default(['self']),
  }),
  tlsCert: setting({
    flag: 'tls-cert',
    form: 'value',
    value: '<file>',
    description: 'certificate (chain) as PEM: serves HTTPS with HTTP/2; read again on SIGHUP',
    schema: z.string().min(1).optional(),
  }),
  tlsKey: setting({
    flag: 'tls-key',
    form: 'value',
    value: '<file>',
    description: 'private key of the certificate as PEM, not encrypted',
    schema: z.string().min(1).optional(),
  }),
  httpRedirect: setting({
    flag: 'http-redirect',
    form: 'value',
    value: '<number>',
    description: 'with a certificate: TCP port, 1 to 65535, that sends plain HTTP to HTTPS',
    schema: integer(1, 65535).optional(),
  }),
  corsOrigin: setting({
    flag: 'cors-origin',
    form: 'list',
    value: '<origin>',
    description: 'origin that may read from other sites; may be given many times; * for all; none by default',
    schema: z
      .array(
        z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/, {
          error: 'is not an origin such as https://example.org',
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
    group: 'Log',
    form: 'value',
    value: '<level>',
    description: 'trace, debug, info, warn, error, fatal or silent',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  }),
};
