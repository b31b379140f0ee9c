import type { HookEvent, SentEvent } from './event.ts';

/** How links are made. */
export interface LinkOptions {
  /** What the server's addresses begin with, without a slash at the end. */
  readonly base: string;
  /** Signs a path that is about a stream, so that whoever is told may open it; undefined where all may. */
  readonly sign?: ((path: string, stream: string) => string) | undefined;
}

/** Adds the addresses of the moment and of its picture. */
export function withLinks(event: HookEvent, { base, sign = (path) => path }: LinkOptions): SentEvent {
  const { stream, marker, timestamp } = event;
  const date = marker?.date ?? timestamp;
  const page = new URLSearchParams({ stream, t: date });
  const hash =
    marker === undefined || event.change === 'deleted'
      ? ''
      : `#${new URLSearchParams({ marker: marker.id })}`;
  const link = `${base}${sign(`/?${page}`, stream)}${hash}`;
  // Of a stream it is the newest there is.
  const query = marker === undefined ? '' : `?${new URLSearchParams({ time: String(marker.time) })}`;
  return { ...event, link, picture: `${base}${sign(`/streams/${stream}/picture.jpg${query}`, stream)}` };
}
