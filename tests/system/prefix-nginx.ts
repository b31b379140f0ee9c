import { startNginx } from './example-nginx.ts';

/** A real nginx that shows servers below path prefixes. */
export interface PrefixNginx {
  readonly url: string;
  stop(): Promise<void>;
}

/** One `location` of it. */
export interface PrefixLocation {
  /** Begins and ends with a slash. */
  readonly path: string;
  /** Where the server listens: `http://host:port`. */
  readonly origin: string;
  /** Whether the prefix is taken off. */
  readonly strips: boolean;
  /** What is said in X-Forwarded-Prefix; nothing if undefined. */
  readonly says?: string;
}

/** Starts one on a free port of loopback, with a folder of its own. */
export function startPrefixNginx(locations: readonly PrefixLocation[]): Promise<PrefixNginx> {
  const blocks = locations.map(
    ({ path, origin, strips, says }) => `    location ${path} {
      proxy_pass ${origin}${strips ? '/' : ''};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_buffering off;
${says === undefined ? '' : `      proxy_set_header X-Forwarded-Prefix ${says};\n`}    }
`,
  );
  return startNginx((port) => `  server {\n    listen 127.0.0.1:${port};\n${blocks.join('')}  }\n`);
}
