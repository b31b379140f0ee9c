import { LRUCache } from 'lru-cache';
import type { Microseconds } from '../../clock.ts';
import { endOf, markerToJson, queryMarkers } from '../../hls/marker-query.ts';
import { TextResponse } from '../http/text-response.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { reachOf } from '../live/retained-media.ts';
import { readMarkerQuery } from './marker-parameters.ts';

/** Answers kept at most: those who poll ask for the same few again and again. */
const KEPT = 32;

interface Page {
  readonly text: TextResponse;
  /** While media begins within these PTS, that of the same markers of the page is gone. */
  readonly from: Microseconds;
  readonly until: Microseconds;
}

/** Answers to `GET /markers`, each made once for all who ask the same before a marker comes or goes. */
export class MarkerPages {
  readonly #pages = new LRUCache<string, Page>({ max: KEPT });

  /**
   * @param search the query, with its question mark
   * @throws HlsStreamError BAD_PARAMETER
   */
  page(stream: LiveStream, search: string): TextResponse {
    const { name, markers } = stream;
    const { cursor, state } = markers;
    const from = reachOf(stream)?.from;
    // Whatever comes moves the cursor; what is pruned makes the state smaller.
    const key = [name, cursor, state.markers.size, from === undefined, search].join(' ');
    const known = this.#pages.get(key);
    const begins = from ?? 0;
    if (known !== undefined && known.from <= begins && begins <= known.until) return known.text;
    const page = queryMarkers(state, readMarkerQuery(new URLSearchParams(search)));
    const body = {
      markers: page.markers.map((marker) => markerToJson(marker, from)),
      next: page.next,
      cursor,
    };
    const text = new TextResponse(JSON.stringify(body));
    const ends = page.markers.map(endOf).filter((end) => end >= begins);
    const until = from === undefined ? 0 : ends.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    this.#pages.set(key, { text, from: begins, until });
    return text;
  }
}
