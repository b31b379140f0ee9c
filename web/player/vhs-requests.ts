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

/** The server does not have it, or not for this viewer. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500;
}

/** Requests of VHS on their way. */
export interface VhsRequests {
  /** Takes the place of `videojs.Vhs.xhr`. */
  readonly xhr: (request: VhsRequest, answer: VhsAnswer) => XMLHttpRequest;
  /**
   * One failed by no fault of its own, or is kept back, and will be sent in its time: VHS loaded anew would wait as well.
   * What the server does not have (any more) is another matter.
   */
  isWaiting(): boolean;
}

/**
 * Sends them.
 * @param send videojs.xhr
 * @param correct gives the URI to ask for at the time of sending
 */
export function sendThrough(
  gate: ServerGate,
  send: SendVhsRequest,
  correct: (uri: string) => string,
): VhsRequests {
  /** Failures in a row, by what was asked for. */
  const failures = new Map<string, number>();
  /** The statuses of the last ones. */
  const statuses = new Map<string, number>();
  const waiting = new Set<MarkedRequest>();

  const ask: VhsRequests['xhr'] = (request, answer) => {
    const xhr: MarkedRequest = new XMLHttpRequest();
    const kind = request.requestType ?? '';
    let tries = 0;

    const failed = () => failures.get(kind) ?? 0;
    const go = () => {
      waiting.delete(xhr);
      if (xhr.aborted) return;
      tries += 1;
      xhr.requestTime = Date.now();
      send({ ...request, uri: correct(request.uri), xhr }, take);
    };
    const whenPossible = async () => {
      if (!isRefusal(statuses.get(kind) ?? 0)) waiting.add(xhr);
      await new Promise((resolve) => setTimeout(resolve, jitteredBackOff(failed())));
      await gate.opened();
      go();
    };
    const take: VhsAnswer = (error, response) => {
      const { statusCode } = response;
      const isAway = AWAY.has(statusCode) || (statusCode === 0 && error?.code !== 'ETIMEDOUT');
      statuses.set(kind, statusCode);
      failures.set(kind, statusCode >= 200 && statusCode < 300 ? 0 : failed() + 1);
      if (!isAway || xhr.aborted) return answer(error, response);
      waiting.add(xhr);
      void gate.doubt().then((isThere) => {
        if (!isThere || tries < MOST_TRIES) return void whenPossible();
        waiting.delete(xhr);
        answer(error, response);
      });
    };

    if (gate.isOpen() && failed() === 0) go();
    else void whenPossible();
    return xhr;
  };
  return { xhr: ask, isWaiting: () => [...waiting].some(({ aborted }) => !aborted) };
}
