import { parseReadToken } from '../api/access/tokens.ts';
import type { Config } from '../config/config.ts';
import { HlsStreamError } from '../errors.ts';

/** What `hlsstream mark` takes beside the text. */
export interface MarkOptions {
  /** Seconds of stream PTS, or an ISO 8601 date. Default: the live edge. */
  readonly at?: string;
  /** Seconds. Default: an instant. */
  readonly duration?: string;
  /** Default: `note`. */
  readonly class?: string;
  /** Name of the stream. Default: the server's default stream. */
  readonly stream?: string | undefined;
}

/**
 * `hlsstream mark TEXT`: posts a marker to a running server and prints it. Resolves to the exit code.
 * @throws HlsStreamError USAGE for an --at or --duration that is neither; NOT_READY when no server answers;
 *   BAD_REQUEST with the server's own reason when it refuses
 */
export async function mark(config: Config, text: string, options: MarkOptions): Promise<number> {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const url = `${config.tlsCert === undefined ? 'http' : 'https'}://${host}:${config.port}${options.stream === undefined ? '' : `/streams/${options.stream}`}/markers`;
  const body = JSON.stringify({
    text,
    ...when(options.at),
    ...lasting(options.duration),
    ...(options.class && { class: options.class }),
  });
  const token = config.token ?? config.readToken.map(parseReadToken)[0]?.secret;
  const headers = {
    'content-type': 'application/json',
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(10_000),
  }).catch((cause: Error) => {
    throw new HlsStreamError(
      'NOT_READY',
      `no server answers at ${url}; start one, or say where with --host and --port`,
      { cause },
    );
  });
  const answer = (await response.json().catch(() => undefined)) as
    | { error?: { code?: string; message?: string } }
    | undefined;
  if (!response.ok) {
    throw new HlsStreamError(
      'BAD_REQUEST',
      `${url} refused the marker (${response.status} ${answer?.error?.code ?? ''}): ${answer?.error?.message ?? 'no reason given'}`,
    );
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  return 0;
}

function when(at: string | undefined): { time?: number; date?: string } {
  if (at === undefined) return {};
  if (/^\d{4}-\d{2}-\d{2}T/.test(at)) return { date: at };
  return { time: seconds('--at', at, 'seconds of stream time or an ISO 8601 date') };
}

function lasting(duration: string | undefined): { duration?: number } {
  return duration === undefined ? {} : { duration: seconds('--duration', duration, 'seconds') };
}

function seconds(flag: string, text: string, takes: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new HlsStreamError('USAGE', `${flag} ${text}: it takes ${takes}`);
  }
  return value;
}
