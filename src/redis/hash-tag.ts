/** What lies under `<kind>/<stream>`, alone or with more behind it; of hooks, under each one's own key. */
const OF_STREAM =
  /^(?:playlist|parts|thumbnails|retained|markers|objects|frames|numbers|detector|encoder|hooks|(?:lease|fence)\/[^/]+)\/([^/]+)/;

/** The hash tag of what belongs to no stream alone: the list of streams, problems, figures. */
export const COMMON_TAG = '';

/**
 * The hash tag of a key, log or channel: all that belongs to a stream lies in one slot of a cluster, since what changes in
 * one step must. Streams spread over the nodes.
 */
export function hashTagOf(name: string): string {
  return OF_STREAM.exec(name)?.[1] ?? COMMON_TAG;
}

/** The prefix of all keys with this hash tag. Names of streams hold no brace. */
export function taggedPrefix(prefix: string, tag: string): string {
  // Nothing between braces would be no tag.
  return `${prefix}:{${tag === COMMON_TAG ? '/' : tag}}`;
}

/** The hash tag as {@link taggedPrefix} writes it. */
export function writtenTag(tag: string): string {
  return tag === COMMON_TAG ? '/' : tag;
}
