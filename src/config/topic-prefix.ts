/** What topics begin with, by the path of the broker's URL. */
export function prefixOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname.replace(/^\/+|\/+$/g, ''));
  } catch {
    return '';
  }
}
