import { gunzipSync } from 'node:zlib';
import { LoadConnection } from './load-connection.ts';

/**
 * A process full of simulated low-latency viewers, told what to do over IPC: each holds one connection for
 * blocking playlist reloads and one for media, as a browser does over HTTP/1.1, and gets every part that is
 * new as soon as the playlist lists it.
 */

/** What this process is told. */
export type LoadOrder =
  /** Have so many viewers of this Media Playlist. Answered with `ready`. */
  | {
      readonly type: 'viewers';
      readonly port: number;
      readonly playlist: string;
      readonly count: number;
      /** Ask for Playlist Delta Updates. @default false */
      readonly deltas?: boolean;
      /** Get the parts, too. @default true */
      readonly parts?: boolean;
    }
  /** Begin to note deliveries. */
  | { readonly type: 'begin' }
  /** Stop noting. Answered with `report`. */
  | { readonly type: 'end' };

/** What it says. */
export type LoadWord =
  | { readonly type: 'ready' }
  | {
      readonly type: 'report';
      /** For each part, by its file name: when a viewer had all of it, in ms since the Unix epoch. */
      readonly deliveries: Readonly<Record<string, readonly number[]>>;
      readonly playlists: number;
      /** Their bodies as they were sent, in bytes. */
      readonly playlistBytes: number;
      /** Answers other than 200, and broken connections. */
      readonly failures: readonly string[];
    };

interface Listed {
  /** File of the newest part. */
  readonly newest: string;
  /** Query of the next blocking reload (rfc8216bis §6.2.5). */
  readonly next: string;
}

type Viewers = Extract<LoadOrder, { type: 'viewers' }>;

let noting = false;
let deliveries: Record<string, number[]> = {};
let playlists = 0;
let playlistBytes = 0;
const failures: string[] = [];
const read = new Map<string, Listed>();

/** Reads a version of the playlist once for all viewers. */
function listed(tag: string, body: Buffer): Listed {
  const known = read.get(tag);
  if (known !== undefined) return known;
  const plain = body[0] === 0x1f ? gunzipSync(body) : body;
  const text = plain.toString();
  const [, msn = '0', part = '0'] = /^#EXT-X-PRELOAD-HINT:.*URI="(\d+)\.(\d+)\.m4s"/m.exec(text) ?? [];
  const newest = [...text.matchAll(/^#EXT-X-PART:.*URI="([^"]+)"/gm)].at(-1)?.[1] ?? '';
  const found = { newest, next: `?_HLS_msn=${msn}&_HLS_part=${part}` };
  read.set(tag, found);
  if (read.size > 64) read.delete(read.keys().next().value ?? '');
  return found;
}

function view({ port, playlist, deltas = false, parts = true }: Viewers): void {
  const failed = (error: Error) => failures.push(error.message);
  const lists = new LoadConnection(port, failed);
  // One that is never used would be closed as idle.
  const media = parts ? new LoadConnection(port, failed) : lists;
  const folder = playlist.slice(0, playlist.lastIndexOf('/') + 1);
  let wanted = '';
  let fetching = false;
  let had = '';
  const fetchPart = () => {
    if (!parts || fetching || wanted === had || wanted === '') return;
    const file = wanted;
    fetching = true;
    media.get(folder + file, false, ({ status }) => {
      fetching = false;
      had = file;
      if (status !== 200) failures.push(`${status} for ${file}`);
      else if (noting) {
        deliveries[file] ??= [];
        deliveries[file].push(performance.timeOrigin + performance.now());
      }
      fetchPart();
    });
  };
  const reload = (query: string) => {
    lists.get(playlist + query, true, ({ status, tag, body }) => {
      if (status !== 200 || body === undefined) {
        failures.push(`${status} for ${query}`);
        setTimeout(reload, 300, '');
        return;
      }
      if (noting) {
        playlists += 1;
        playlistBytes += body.length;
      }
      const { newest, next } = listed(tag, body);
      wanted = newest;
      fetchPart();
      reload(deltas ? `${next}&_HLS_skip=YES` : next);
    });
  };
  reload('');
}

let viewers = 0;

process.on('message', (order: LoadOrder) => {
  if (order.type === 'viewers') {
    // A few at a time: viewers do not all come within one millisecond.
    const more = () => {
      for (let few = 0; few < 10 && viewers < order.count; few += 1, viewers += 1) {
        view(order);
      }
      if (viewers < order.count) setTimeout(more, 20);
      else process.send?.({ type: 'ready' } satisfies LoadWord);
    };
    more();
  } else if (order.type === 'begin') {
    noting = true;
    deliveries = {};
    playlists = 0;
    playlistBytes = 0;
  } else {
    noting = false;
    process.send?.({
      type: 'report',
      deliveries,
      playlists,
      playlistBytes,
      failures: failures.splice(0),
    } satisfies LoadWord);
  }
});
process.on('disconnect', () => process.exit());
