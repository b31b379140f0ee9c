import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

/**
 * The players that are watched: our page, and pages with nothing but a player of somebody else's making; of hls.js
 * also those before it read delta updates beside a discontinuity rightly.
 */
export type PlayerName = 'viewer' | 'video.js' | 'hls.js' | 'hls.js-1.5' | 'hls.js-1.6';

/** Pages with other players, from an origin of their own (the stream needs `--cors-origin`). */
export interface PlayerPages {
  /**
   * Where a player plays the stream of a system.
   * @param part length of a part in seconds, for players that need it to come nearer than they do by themselves
   */
  urlOf(player: PlayerName, system: string, part?: number): string;
  stop(): Promise<void>;
}

const { resolve } = createRequire(import.meta.url);
const scripts = {
  '/hls.js': resolve('hls.js/dist/hls.min.js'),
  '/hls.js-1.5': resolve('hls.js-1.5/dist/hls.min.js'),
  '/hls.js-1.6': resolve('hls.js-1.6/dist/hls.min.js'),
  '/video.js': resolve('video.js/dist/video.min.js'),
};

const page = (player: string, start: string) => `<!doctype html>
<meta charset="utf-8">
<title>${player}</title>
<video muted playsinline width="640" height="360"></video>
<script src="/${player}"></script>
<script>
const video = document.querySelector('video');
const asked = new URLSearchParams(location.search);
const src = asked.get('src');
window.playerErrors = [];
${start}
</script>
`;

const hlsJs = (name: PlayerName) =>
  page(
    name,
    `const sync = Number(asked.get('sync'));
const near = {
  liveSyncDuration: sync,
  liveMaxLatencyDuration: sync + 0.15,
  liveSyncOnStallIncrease: 0.1,
  maxLiveSyncPlaybackRate: 1.08,
  backBufferLength: 30,
};
const hls = new Hls({ lowLatencyMode: true, ...(sync > 0 ? near : {}) });
hls.on(Hls.Events.ERROR, (_, { type, details, fatal }) => {
  window.playerErrors.push({ type, details, fatal });
  // It gives up a server that is away for some seconds, unless its page says that it is to go on.
  if (fatal && type === Hls.ErrorTypes.NETWORK_ERROR) setTimeout(() => hls.startLoad(), 1000);
});
hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
hls.loadSource(src);
hls.attachMedia(video);`,
  );

const pages = {
  '/hls.js.html': hlsJs('hls.js'),
  '/hls.js-1.5.html': hlsJs('hls.js-1.5'),
  '/hls.js-1.6.html': hlsJs('hls.js-1.6'),
  '/video.js.html': page(
    'video.js',
    `const player = videojs(video, { autoplay: 'muted', liveui: true });
player.on('error', () => window.playerErrors.push({ ...player.error(), fatal: true }));
player.src({ src, type: 'application/vnd.apple.mpegurl' });`,
  ),
};

/** Serves the pages on loopback. */
export async function servePlayers(): Promise<PlayerPages> {
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '');
    const script = scripts[path as keyof typeof scripts];
    const html = pages[path as keyof typeof pages];
    response.statusCode = script || html ? 200 : 404;
    response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
    response.end(script ? await readFile(script) : html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return {
    urlOf(player, system, part) {
      if (player === 'viewer') return `${system}/`;
      const src = encodeURIComponent(`${system}/video/chessboard.m3u8`);
      const asItComes = `${origin}/${player}.html?src=${src}`;
      if (part === undefined) return asItComes;
      // Behind the end of the list. With parts as short as 0.2 s hls.js never plays faster, for it wants more than a
      // second of buffer for that: a little beyond its distance it is to seek.
      return `${asItComes}&sync=${(2.5 * part + 0.15).toFixed(3)}`;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
