/** What VHS knows of init segments, private to it. */
export interface VhsInit {
  /** Which one was appended last; null for none, or where it forgot. */
  activeInitSegmentId_: string | null;
  /** The init segment that has to be appended before what comes next; null if none has. */
  getInitSegmentAndUpdateState_(of: { readonly map?: VhsMap | null }): Uint8Array | null;
}

/** An EXT-X-MAP. */
interface VhsMap {
  readonly resolvedUri: string;
  readonly byterange?: { readonly length: number; readonly offset: number };
}

/**
 * Until VHS 3.17 has appended two pieces that it knew from one version of the playlist, it forgets that their init
 * segment was appended, and appends it again before each piece; and then the browser drops all up to the next key frame.
 * Near the live edge each Partial Segment comes in a version of its own.
 */
export function appendInitOnce(loader: VhsInit): void {
  const choose = loader.getInitSegmentAndUpdateState_.bind(loader);
  loader.getInitSegmentAndUpdateState_ = (of) => {
    const init = choose(of);
    if (init !== null && of.map) loader.activeInitSegmentId_ = idOf(of.map);
    return init;
  };
}

/** As VHS tells init segments apart. */
function idOf({ resolvedUri, byterange }: VhsMap): string {
  const { length, offset } = byterange ?? { length: Infinity, offset: 0 };
  return [length, offset, resolvedUri].join(',');
}
