/**
 * Where the page reaches a path that the server wrote. The server may lie below a path prefix that a proxy puts before
 * it, whether the server knows of it (`prefix`) or not; the page lies at its root.
 *
 * @param path as the server wrote it: from its root, with `prefix` before it
 * @param prefix what the server puts before its paths; '' for nothing
 * @param base URL of the page
 */
export function serverUrl(path: string, prefix = '', base = document.baseURI): string {
  const own = path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : path;
  return new URL(own, base).href;
}
