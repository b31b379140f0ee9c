import { type EpochMicroseconds, fromSeconds, type Microseconds } from '../../src/clock.ts';
import type { FrameObject } from '../../src/hls/frame-objects.ts';
import { kindOf, paintBoxes } from '../../src/objects/paint.ts';
import { SAME_FRAME, type SeenObjects, type ShownObjects } from '../../src/objects/shown.ts';
import type { MarkerFeed } from '../api/marker-feed.ts';
import { serverGate } from '../api/server-gate.ts';
import { openSharedFeed } from '../api/shared-feed.ts';
import { createSidecars, sidecarUrl } from '../api/sidecars.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import { markersAtFrame } from '../markers/at-frame.ts';
import type { EventLooks } from '../markers/event-looks.ts';
import type { MarkerList } from '../markers/marker-list.ts';
import { edgeDate } from '../player/media-clock.ts';
import type { Player, PlayerState } from '../player/player-state.ts';
import { watchPresentedFrame } from '../player/presented-frame.ts';
import { type BoxSettings, keepBoxSettings, recallBoxSettings } from './box-settings.ts';
import { createObjectFrames } from './object-frames.ts';
import { createOverlay, type PaintOver } from './overlay.ts';

/** Boxes round what was seen in the frame on screen. */
export interface Boxes {
  /** The stream was described anew. */
  describe(stream: StreamInfo): void;
  /** Fetches what is needed for where playback stands; call it a few times a second. */
  tick(state: PlayerState): void;
  /** Shows them, or no longer, if there are any. */
  toggle(): void;
  change(settings: Partial<BoxSettings>): void;
  readonly settings: BoxSettings;
  /** Resolves when what is known of the frame on screen is there, or does not come soon. */
  ready(): Promise<void>;
  /** Paints the boxes of a frame over its picture. */
  readonly paint: PaintOver;
}

/** What they belong to. */
export interface BoxesOptions {
  readonly video: HTMLVideoElement;
  readonly player: Player;
  readonly looks: EventLooks;
  /** All markers, oldest first. */
  markers(): MarkerList | undefined;
  /** The stream has objects, or has none; the settings changed. */
  changed(has: boolean, settings: BoxSettings): void;
}

/** Objects are fetched for what is shown from so many seconds before the frame on screen up to so many after it. */
const BEFORE = 1;
const AFTER = 4;
/** When so much media has come after a segment its objects are written; or so long after it was listed, in milliseconds. */
const WRITTEN_AFTER: Microseconds = fromSeconds(3);
const WRITTEN_BY = 4000;
/** What came live is held for so long at least, however much it is. */
const HELD: Microseconds = fromSeconds(8);
/** Who stands nearer to the edge than this hears of objects as they come. */
const NEAR_EDGE: Microseconds = fromSeconds(20);

/** How often to look whether objects have come, and how long at most, in milliseconds. */
const LOOK = 100;
const LONGEST_WAIT = 3000;

/** Makes them for a player. */
export function createBoxes({ video, player, looks, markers, changed }: BoxesOptions): Boxes {
  const frames = createObjectFrames();
  const sidecars = createSidecars({
    has: frames.has,
    put(url, found) {
      frames.put(url, found);
      draw(found);
    },
  });
  const overlay = createOverlay(video, (element) => player.add(element, 'frame'), paint);
  const colours = eventColours();
  let settings = recallBoxSettings();
  let stream: StreamInfo | undefined;
  let feed: MarkerFeed | undefined;
  /** Where the listed media ends: a source that falls behind the clock has its own time. */
  let edge: EpochMicroseconds = 0;
  /** Of media that ends later nothing was missed of what came live. */
  let heardSince: EpochMicroseconds = Number.POSITIVE_INFINITY;
  /** The newest segments, by where their objects are, and when they were listed first, in milliseconds. */
  let listed: ReadonlyMap<string, number> = new Map();
  let has = false;
  let standsAtMarker = false;
  const presented = watchPresentedFrame(video);

  function draw(found: readonly SeenObjects[]): void {
    looks.learnKinds(new Set(found.flatMap(({ objects }) => objects.map(kindOf))));
    overlay.repaint();
  }

  function settle(): void {
    overlay.show(settings.on && (has || standsAtMarker));
    changed(has, settings);
  }

  function paint(
    context: CanvasRenderingContext2D,
    { time, ...size }: { time: number; width: number; height: number; scale: number },
  ): void {
    const pts = player.ptsOf(time);
    if (pts === undefined) return;
    const { labels, threshold } = settings;
    const colourOf = (kind: string) => colours[looks.of(kind).colour] ?? '#ffffff';
    const shown = withMarkers(frames.at(pts), markersAt(pts));
    paintBoxes(context, shown, { ...size, labels, threshold: threshold / 100, colourOf });
  }

  function markersAt(pts: Microseconds): MarkerList {
    return markersAtFrame(markers() ?? [], pts, SAME_FRAME).filter(({ box }) => box !== undefined);
  }

  /** Of a stream without objects the box of a marker is shown while its frame stands on screen. */
  function lookForMarker(paused: boolean): void {
    const time = presented();
    const pts = paused && time !== undefined ? player.ptsOf(time) : undefined;
    const stands = pts !== undefined && markersAt(pts).length > 0;
    if (stands === standsAtMarker) return;
    standsAtMarker = stands;
    settle();
  }

  function nearEdge({ date }: PlayerState): boolean {
    return date !== undefined && stream?.status !== 'ended' && edge - date < NEAR_EDGE;
  }

  function listen(name: string): MarkerFeed {
    const { href } = new URL(`streams/${encodeURIComponent(name)}/objects/events`, document.baseURI);
    const listener = {
      // There are no markers in it.
      ...{ reset() {}, change() {}, stream() {} },
      objects(epoch: string, found: readonly SeenObjects[]) {
        if (epoch !== stream?.epoch) return;
        frames.append(found);
        draw(found);
      },
      connected(up: boolean) {
        heardSince = up ? edge : Number.POSITIVE_INFINITY;
      },
    };
    return openSharedFeed(href, listener, { seen: false, reachable: true });
  }

  /** Where the objects are of segments round the frame on screen that ended before a date, as far as they are written. */
  function written(before: EpochMicroseconds, after: number): string[] {
    const at = performance.now();
    const newest = new Map<string, number>();
    const urls = player.segmentsAround(BEFORE, after).flatMap(({ uri, end }) => {
      const url = sidecarUrl(uri);
      if (url === undefined || end >= before) return [];
      if (end < edge - WRITTEN_AFTER) return [url];
      const since = listed.get(url) ?? at;
      newest.set(url, since);
      return at - since > WRITTEN_BY ? [url] : [];
    });
    listed = newest;
    return urls;
  }

  function change(more: Partial<BoxSettings>): void {
    settings = { ...settings, ...more };
    keepBoxSettings(settings);
    settle();
    overlay.repaint();
  }

  return {
    get settings() {
      return settings;
    },
    describe(next) {
      if (stream !== undefined && next.epoch !== stream.epoch) frames.clear();
      stream = next;
      if (next.objects === has) return;
      has = next.objects;
      settle();
    },
    tick(state) {
      lookForMarker(state.paused);
      if (!has || stream === undefined) return;
      edge = edgeDate(state.clock) ?? edge;
      feed ??= listen(stream.name);
      const isOpen = serverGate.isOpen();
      const seen = settings.on && isOpen && nearEdge(state);
      if (!seen) heardSince = Number.POSITIVE_INFINITY;
      feed.update({ seen, reachable: isOpen });
      if (!settings.on || !isOpen) return;
      // What was heard live is there already.
      sidecars.want(written(Math.max(heardSince, edge - HELD), AFTER));
    },
    async ready() {
      // While they are shown they are fetched.
      if (settings.on) return;
      const urls = written(Number.POSITIVE_INFINITY, 0.1);
      for (let waited = 0; waited < LONGEST_WAIT && !urls.every(frames.has); waited += LOOK) {
        sidecars.want(urls);
        await new Promise((resolve) => setTimeout(resolve, LOOK));
      }
    },
    paint,
    toggle: () => has && change({ on: !settings.on }),
    change,
  };
}

/** What is shown of a frame with the boxes of its markers; one that was seen there anyway is not shown twice. Pure. */
export function withMarkers(shown: readonly ShownObjects[], markers: MarkerList): readonly ShownObjects[] {
  const seen = shown.flatMap(({ exact, objects }) => (exact ? objects : []));
  const objects = markers.flatMap(({ box, text, class: kind }): FrameObject[] =>
    box === undefined || seen.some((object) => isSame(object.box, box))
      ? []
      : [{ label: text, class: kind, box }],
  );
  return objects.length === 0 ? shown : [...shown, { source: 'markers', objects, exact: true }];
}

/** Boxes whose edges are no further apart than this share of the picture are those of one thing. */
const NEAR = 0.02;

function isSame(a: FrameObject['box'], b: FrameObject['box']): boolean {
  return a.every((share, at) => Math.abs(share - (b[at] ?? 0)) <= NEAR);
}

/** The colours of events, as the style sheet has them. */
function eventColours(): string[] {
  const style = getComputedStyle(document.documentElement);
  return Array.from({ length: 12 }, (_, at) => style.getPropertyValue(`--event-${at}`).trim());
}
