/** What a path leads to: a stream by its name, one of several kinds, or nothing that is here. */
export type Reached =
  | { readonly stream: string }
  /** What the default stream's aliases give. */
  | 'default stream'
  /** What is for those who may read all. */
  | 'all streams'
  /** What is no stream's: pages and their files, and lists of what the reader may read. */
  | 'page'
  | 'nothing';

/** The name of a stream, as a path or a signature may hold it. */
export const STREAM_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** What the name of a stream may end with where it is a file's: `/video/yard.m3u8`, `/clips/yard.mp4`. */
const ENDING = /\.[a-z0-9]{1,8}$/;

/**
 * What a target leads to, by its path and by the stream that a page's query names. Who stands before the server may take
 * paths apart otherwise (decode them, drop dots and empty segments): one that could mean two things means nothing.
 */
export function reachedBy(target: string): Reached {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const segments = segmentsOf(path);
  if (segments === undefined) return 'nothing';
  const [first = '', second = '', ...rest] = segments;
  if (first === 'video' || first === 'clips') {
    return named(rest.length > 0 ? second : second.replace(ENDING, ''));
  }
  if (first === 'streams' && second !== '') return named(second);
  if (first === 'markers' || first === 'objects') return 'default stream';
  if (first === 'metrics') return 'all streams';
  if (rest.length > 0 || (second !== '' && first !== 'clients')) return 'nothing';
  if (first !== '' && first !== 'embed') return 'page';
  const stream = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)).get('stream');
  if (stream === null) return 'page';
  return named(stream);
}

function named(stream: string): Reached {
  return STREAM_NAME.test(stream) ? { stream } : 'nothing';
}

/** The segments of a path as they are meant; undefined where that depends on who reads them. */
function segmentsOf(path: string): readonly string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  try {
    const segments = path.slice(1).split('/').map(decodeURIComponent);
    // The last one is empty where a slash ends the path.
    const isClear = segments.every(
      (text, at) =>
        (text !== '' || at === segments.length - 1) && !/^\.{1,2}$/.test(text) && !/[/\\%;\0]/.test(text),
    );
    return isClear ? segments : undefined;
  } catch {
    return undefined;
  }
}
