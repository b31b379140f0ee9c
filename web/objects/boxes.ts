import {
  type EpochMicroseconds,
  fromEpochMilliseconds,
  fromSeconds,
  type Microseconds,
} from '../../src/clock.ts';
import type { MarkerFeed } from '../api/marker-feed.ts';
import { openObjectFeed } from '../api/object-feed.ts';
import type { ObjectFrame } from '../api/object-json.ts';
import { serverGate } from '../api/server-gate.ts';
import { createSidecars, sidecarUrl } from '../api/sidecars.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import type { EventLooks } from '../markers/event-looks.ts';
import type { Player, PlayerState } from '../player/player-state.ts';
import { type BoxSettings, keepBoxSettings, recallBoxSettings } from './box-settings.ts';
import { createObjectFrames } from './object-frames.ts';
import { createOverlay } from './overlay.ts';
import { kindOf, paintBoxes } from './paint-boxes.ts';

/** Boxes round what was seen in the frame on screen. */
export interface Boxes {
  /** The stream was described anew. */
  describe(stream: StreamInfo): void;
  /** Fetches what is needed for where playback stands; call it a few times a second. */
  tick(state: PlayerState): void;
  /** Shows them, or no longer, if there are any. */
  toggle(): void;
  change(settings: Partial<BoxSettings>): void;
}

/** What they belong to. */
export interface BoxesOptions {
  readonly video: HTMLVideoElement;
  readonly player: Player;
  readonly looks: EventLooks;
  /** The server's time in milliseconds since the Unix epoch. */
  serverNow(): number;
  /** The stream has objects, or has none; the settings changed. */
  changed(has: boolean, settings: BoxSettings): void;
}

/** Objects are fetched for what is shown from so many seconds before the frame on screen up to so many after it. */
const BEFORE = 1;
const AFTER = 4;
/** So long after a segment has ended its objects are written, and a little more. */
const WRITTEN_AFTER: Microseconds = fromSeconds(2.4);
/** What came live is held for so long at least, however much it is. */
const HELD: Microseconds = fromSeconds(8);
/** Who stands nearer to the edge than this hears of objects as they come. */
const NEAR_EDGE: Microseconds = fromSeconds(20);

/** Makes them for a player. */
export function createBoxes({ video, player, looks, serverNow, changed }: BoxesOptions): Boxes {
  const frames = createObjectFrames();
  const sidecars = createSidecars({
    has: frames.has,
    put(url, found) {
      frames.put(url, found);
      draw(found);
    },
  });
  const overlay = createOverlay(
    video,
    (element) => player.add(element, 'frame'),
    (context, { time, width, height, scale }) => {
      const pts = player.ptsOf(time);
      if (pts === undefined) return;
      const { labels, threshold } = settings;
      const colourOf = (kind: string) => colours[looks.of(kind).colour] ?? '#ffffff';
      paintBoxes(context, frames.at(pts), {
        width,
        height,
        scale,
        labels,
        threshold: threshold / 100,
        colourOf,
      });
    },
  );
  const colours = eventColours();
  let settings = recallBoxSettings();
  let stream: StreamInfo | undefined;
  let feed: MarkerFeed | undefined;
  /** Since when nothing was missed of what came live. */
  let heardSince: EpochMicroseconds = Number.POSITIVE_INFINITY;
  let has = false;

  function draw(found: readonly ObjectFrame[]): void {
    looks.learnKinds(new Set(found.flatMap(({ objects }) => objects.map(kindOf))));
    overlay.repaint();
  }

  function settle(): void {
    overlay.show(has && settings.on);
    changed(has, settings);
  }

  function nearEdge({ date }: PlayerState): boolean {
    const edge = stream?.edge?.date;
    if (date === undefined || stream?.status === 'ended') return false;
    return Math.max(edge ?? 0, now()) - date < NEAR_EDGE;
  }

  function now(): EpochMicroseconds {
    return fromEpochMilliseconds(serverNow());
  }

  function listen(name: string): MarkerFeed {
    const { href } = new URL(`streams/${encodeURIComponent(name)}/objects/events`, document.baseURI);
    const told = {
      objects(epoch: string, found: readonly ObjectFrame[]) {
        if (epoch !== stream?.epoch) return;
        frames.append(found);
        draw(found);
      },
      connected(up: boolean) {
        heardSince = up ? now() : Number.POSITIVE_INFINITY;
      },
    };
    return openObjectFeed(href, told, { seen: false, reachable: true });
  }

  function change(more: Partial<BoxSettings>): void {
    settings = { ...settings, ...more };
    keepBoxSettings(settings);
    settle();
    overlay.repaint();
  }

  return {
    describe(next) {
      if (stream !== undefined && next.epoch !== stream.epoch) frames.clear();
      stream = next;
      if (next.objects === has) return;
      has = next.objects;
      settle();
    },
    tick(state) {
      if (!has || stream === undefined) return;
      feed ??= listen(stream.name);
      const isOpen = serverGate.isOpen();
      feed.update({ seen: settings.on && isOpen && nearEdge(state), reachable: isOpen });
      if (!settings.on || !isOpen) return;
      const at = now();
      // What was heard live is there already.
      const before = Math.min(at - WRITTEN_AFTER, Math.max(heardSince, at - HELD));
      const wanted = player
        .segmentsAround(BEFORE, AFTER)
        .filter(({ end }) => end < before)
        .flatMap(({ uri }) => sidecarUrl(uri) ?? []);
      sidecars.want(wanted);
    },
    toggle: () => has && change({ on: !settings.on }),
    change,
  };
}

/** The colours of events, as the style sheet has them. */
function eventColours(): string[] {
  const style = getComputedStyle(document.documentElement);
  return Array.from({ length: 12 }, (_, at) => style.getPropertyValue(`--event-${at}`).trim());
}
