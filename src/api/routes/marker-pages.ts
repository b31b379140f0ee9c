import { LRUCache } from 'lru-cache';
import { firstAtOrAfter } from '../../hls/marker-order.ts';
import { markerToJson, queryMarkers } from '../../hls/marker-query.ts';
import { TextResponse } from '../http/text-response.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { reachOf } from '../live/retained-media.ts';
import { readMarkerQuery } from './marker-parameters.ts';

/** Answers kept at most: those who poll ask for the same few again and again. */
const KEPT = 32;

/** Answers to `GET /markers`, each made once for all who ask the same before a marker comes or goes. */
export class MarkerPages {
  readonly #texts = new LRUCache<string, TextResponse>({ max: KEPT });

  /**
   * @param search the query, with its question mark
   * @throws HlsStreamError BAD_PARAMETER
   */
  page(stream: LiveStream, search: string): TextResponse {
    const { name, markers } = stream;
    const { cursor, state } = markers;
    const from = reachOf(stream)?.from;
    // Of these it is said whether their media is gone.
    const early = from === undefined ? 0 : firstAtOrAfter(state, from);
    // Whatever comes moves the cursor; what is pruned makes the state smaller.
    const key = [name, cursor, state.markers.size, early, search].join(' ');
    let text = this.#texts.get(key);
    if (text === undefined) {
      const page = queryMarkers(state, readMarkerQuery(new URLSearchParams(search)));
      const body = {
        markers: page.markers.map((marker) => markerToJson(marker, from)),
        next: page.next,
        cursor,
      };
      text = new TextResponse(JSON.stringify(body));
      this.#texts.set(key, text);
    }
    return text;
  }
}
