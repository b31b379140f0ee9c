/** What `/streams/{name}` says of a stream that may be filled. */
export interface FilledStream {
  readonly status: string;
  readonly edge: number;
  readonly targetDuration: number;
  readonly inputLoss?: object;
  readonly filler?: readonly { readonly start: number; readonly end: number }[];
}

/**
 * Watches how long the newest edge of a playlist stands still, in seconds, until it is asked.
 * @param stream what is said of it; an answer that is none says nothing of the playlist
 */
export function watchEdge(stream: () => Promise<FilledStream>) {
  let [edge, since, longest, targetDuration] = [-1, performance.now(), 0, 0];
  const timer = setInterval(async () => {
    const now = await stream().catch(() => undefined);
    if (now?.edge === undefined) return;
    targetDuration = now.targetDuration;
    if (edge !== -1) longest = Math.max(longest, (performance.now() - since) / 1000);
    if (now.edge !== edge) [edge, since] = [now.edge, performance.now()];
  }, 100);
  return () => {
    clearInterval(timer);
    return { longest, targetDuration };
  };
}
