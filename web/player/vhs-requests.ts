import { jitteredBackOff } from '../api/back-off.ts';
import type { ServerGate } from '../api/server-gate.ts';

/**
 * How VHS sends its requests. By itself it asks again at once, for ever, when the server is away. Here its requests
 * wait at the gate like everybody's, and one that failed because the server went away is sent again when it is back,
 * without VHS knowing.
 */

/** What VHS wants to have. */
export interface VhsRequest {
  readonly uri: string;
  /** What for: `hls-playlist`, `segment`, … */
  readonly requestType?: string;
}

/** What VHS is told; `code` is ETIMEDOUT when the answer took too long. */
export type VhsAnswer = (
  error: (Error & { code?: string }) | null,
  response: { readonly statusCode: number },
) => void;

/** Sends a request by `xhr`, which has not been opened. */
export type SendVhsRequest = (request: VhsRequest & { xhr: XMLHttpRequest }, answer: VhsAnswer) => unknown;

/** VHS marks what it aborted, and takes the time of sending. */
type MarkedRequest = XMLHttpRequest & { aborted?: boolean; requestTime?: number };

/** Answers of proxies whose server is away, and of servers that are about to leave. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** A request that fails while the server answers others is sent so many times before VHS hears of it. */
const MOST_TRIES = 3;

/**
 * Takes the place of `videojs.Vhs.xhr`.
 * @param send videojs.xhr
 * @param correct gives the URI to ask for at the time of sending
 */
export function sendThrough(
  gate: ServerGate,
  send: SendVhsRequest,
  correct: (uri: string) => string,
): (request: VhsRequest, answer: VhsAnswer) => XMLHttpRequest {
  /** Failures in a row, by what was asked for. */
  const failures = new Map<string, number>();

  return (request, answer) => {
    const xhr: MarkedRequest = new XMLHttpRequest();
    const kind = request.requestType ?? '';
    let tries = 0;

    const failed = () => failures.get(kind) ?? 0;
    const go = () => {
      if (xhr.aborted) return;
      tries += 1;
      xhr.requestTime = Date.now();
      send({ ...request, uri: correct(request.uri), xhr }, take);
    };
    const whenPossible = async () => {
      await new Promise((resolve) => setTimeout(resolve, jitteredBackOff(failed())));
      await gate.opened();
      go();
    };
    const take: VhsAnswer = (error, response) => {
      const { statusCode } = response;
      const isAway = AWAY.has(statusCode) || (statusCode === 0 && error?.code !== 'ETIMEDOUT');
      failures.set(kind, statusCode >= 200 && statusCode < 300 ? 0 : failed() + 1);
      if (!isAway || xhr.aborted) return answer(error, response);
      void gate.doubt().then((isThere) => {
        if (isThere && tries >= MOST_TRIES) answer(error, response);
        else void whenPossible();
      });
    };

    if (gate.isOpen() && failed() === 0) go();
    else void whenPossible();
    return xhr;
  };
}
