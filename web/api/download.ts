import { serverWords } from './server-words.ts';

/** How a download goes on: bytes that came, and how many there will be, if the server said so. */
export interface Progress {
  readonly received: number;
  readonly total: number | undefined;
}

/**
 * Fetches a file piece by piece. Throws an Error in words fit for the viewer: what the server said, or that it
 * could not be reached; an AbortError when `signal` aborts.
 */
export async function download(
  url: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress(progress: Progress): void },
): Promise<Blob> {
  const response = await fetch(url, { signal, cache: 'no-store' }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Error('The server could not be reached.', { cause: error });
  });
  if (!response.ok) throw new Error(await serverWords(response));
  // Of a compressed answer the length says nothing about what comes out.
  const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  const total = length === null ? undefined : Number(length);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  onProgress({ received, total });
  const reader = response.body?.getReader();
  for (let step = await reader?.read(); step && !step.done; step = await reader?.read()) {
    pieces.push(step.value);
    received += step.value.length;
    onProgress({ received, total });
  }
  return new Blob(pieces, { type: response.headers.get('content-type') ?? '' });
}
