import { LRUCache } from 'lru-cache';
import { HlsStreamError } from '../../errors.ts';
import { objectsFile, objectsFileText } from '../../hls/objects-file.ts';
import { mediaFolder } from '../../hls/playlist-log.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Exchange } from '../http/exchange.ts';
import type { MediaResponses } from '../http/media-responses.ts';
import { TextResponse } from '../http/text-response.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { IMMUTABLE } from './media.ts';

const TYPE = 'application/json; charset=utf-8';

/** How much is kept in memory, in bytes, gzip included. */
const CACHE_BYTES = 16 * 1024 * 1024;

/** What {@link ObjectFiles} need. */
export interface ObjectFilesOptions {
  readonly live: LiveState;
  readonly storage: Storage;
  readonly responses: MediaResponses;
}

/** Answers with the objects of a Media Segment. */
export class ObjectFiles {
  readonly #options: ObjectFilesOptions;
  readonly #known = new LRUCache<string, TextResponse>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ bytes }) => 1024 + 2 * bytes.length,
  });
  readonly #reading = new Map<string, Promise<TextResponse | undefined>>();
  /** Nothing is written for a segment in which nothing was said of any frame. */
  readonly #empty = new TextResponse(objectsFileText([]));

  constructor(options: ObjectFilesOptions) {
    this.#options = options;
  }

  /** `<msn>.objects.json` */
  file(exchange: Exchange, name: string, epoch: string, msn: number): void {
    const { live, responses } = this.#options;
    const stream = live.stream(name);
    if (stream?.hasEpoch(epoch) !== true)
      throw new HlsStreamError('NOT_FOUND', `there is no stream ${name} with an epoch ${epoch}`);
    const path = `${mediaFolder(name, epoch)}/${objectsFile(msn)}`;
    // Looked at first: where there is nothing to come any more, what is not found then is not there.
    const isDone = lacksObjects(stream, epoch, msn);
    const answer = (text: TextResponse | undefined) => {
      const found = text ?? (isDone ? this.#empty : undefined);
      if (found !== undefined) responses.text(exchange, found, TYPE, IMMUTABLE);
      else responses.error(exchange, notThere(msn));
    };
    const known = this.#known.get(path);
    if (known !== undefined) answer(known);
    else this.#read(path, isDone).then(answer, (error) => responses.error(exchange, error));
  }

  /** Those who ask for the same at the same time share one read, but none that began before the file was there. */
  #read(path: string, isDone: boolean): Promise<TextResponse | undefined> {
    const key = `${path} ${isDone}`;
    const reading = this.#reading.get(key);
    if (reading !== undefined) return reading;
    const read = this.#options.storage
      .read(path)
      .then((bytes) => {
        if (bytes === undefined) return undefined;
        const text = new TextResponse(bytes);
        this.#known.set(path, text);
        return text;
      })
      .finally(() => this.#reading.delete(key));
    this.#reading.set(key, read);
    return read;
  }
}

/** Whether a segment is there, and is known to have no objects. */
function lacksObjects({ media, objects, retained }: LiveStream, epoch: string, msn: number): boolean {
  const isPresent = media?.stream.epoch === epoch;
  if (isPresent && !objects.isDone(epoch, msn)) return false;
  const first = isPresent ? media.state.segments[0]?.msn : undefined;
  if (isPresent && first !== undefined && msn >= first && msn < media.state.nextMsn) return true;
  return retained.state.pages.some((page) => page.epoch === epoch && page.first <= msn && msn <= page.last);
}

function notThere(msn: number): HlsStreamError {
  return new HlsStreamError(
    'NOT_FOUND',
    `there is no ${objectsFile(msn)}: it is written 2 s after its segment was closed, and goes with it`,
  );
}
