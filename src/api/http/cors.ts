/** Answer headers that other sites' scripts may read. */
export const EXPOSED_HEADERS = 'Accept-Ranges, Age, Content-Length, Content-Range, Date, ETag, Retry-After';

/** What Access-Control-Allow-Origin is to say to this origin: `*`, the origin itself, or nothing. */
export function allowedOrigin(origin: string | undefined, allowed: readonly string[]): string | undefined {
  if (allowed.includes('*')) return '*';
  return origin !== undefined && allowed.includes(origin) ? origin : undefined;
}
