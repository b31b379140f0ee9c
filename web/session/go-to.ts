import { type EpochMicroseconds, type Microseconds, toSeconds } from '../../src/clock.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import { dateOfPts, type LinkTarget, reachOf } from '../dom/links.ts';
import type { Marker, MarkerList } from '../markers/marker-list.ts';
import { datesOf, timeOfPtsZero } from '../player/media-clock.ts';
import type { Player, PlayerState } from '../player/player-state.ts';
import type { Place } from './visit.ts';

/** Goes to moments, and says in words when one cannot be reached. */
export interface GoTo {
  /** Lands on the frame of this date, playing or paused as before. */
  date(date: EpochMicroseconds): void;
  /** The same for the frame of a marker. */
  marker(marker: Marker): void;
  /** Lands on where a link leads, paused, as soon as picture and markers are there. */
  link(target: LinkTarget): void;
  /** The viewer wants something else by now: what was waited for is not wanted any more. */
  forget(): void;
  /** Looks whether what was waited for is there now; call it a few times a second. */
  tick(state: PlayerState): void;
}

/** What it works with. */
export interface GoToOptions {
  readonly player: Player;
  stream(): StreamInfo | undefined;
  /** The markers; undefined until they have been fetched. */
  markers(): MarkerList | undefined;
  /** Loads what holds the moment of a date. */
  visit(date: EpochMicroseconds): Place;
  showMessage(text: string): void;
}

/** A date, and the PTS where that is known: since the clock was set back a date may name several moments. */
interface Moment {
  readonly date: EpochMicroseconds;
  readonly pts?: Microseconds;
}

/** How long what was loaded may take to be there, in milliseconds. */
const LOADING = 8000;

/** Makes it for a player. */
export function createGoTo({ player, stream, markers, visit, showMessage }: GoToOptions): GoTo {
  /** The moment for which something was loaded last, and when, in milliseconds. */
  let visited: { date: EpochMicroseconds; at: number } | undefined;
  /** What the viewer wants and does not have yet. */
  let wish: Moment | { readonly link: LinkTarget } | undefined;

  function resolve(link: LinkTarget): Moment | undefined | 'later' {
    if (link.kind === 'date') return link;
    if (link.kind === 'unreadable') {
      showMessage(`“${link.text}” is not a time: an ISO date with a zone is wanted, or seconds.`);
      return undefined;
    }
    const list = markers();
    const info = stream();
    if (link.kind === 'pts') {
      const anchors = [
        ...(info?.keptFrom ? [info.keptFrom] : []),
        ...(info?.start ? [info.start] : []),
        ...(info?.edge ? [info.edge] : []),
        ...(list ?? []),
      ];
      const date = dateOfPts(anchors, link.pts);
      return date === undefined ? 'later' : { date, pts: link.pts };
    }
    if (list === undefined) return 'later';
    const marker = list.find(({ id }) => id === link.id);
    if (marker === undefined) showMessage(`There is no event “${link.id}” any more, or there never was.`);
    return marker;
  }

  /** About where a PTS stands in the player's time, in seconds. */
  function near(pts: Microseconds | undefined, { clock }: PlayerState): number | undefined {
    const zero = timeOfPtsZero(clock, stream()?.edge);
    return zero === undefined || pts === undefined ? undefined : zero + toSeconds(pts);
  }

  function go({ date, pts }: Moment, state: PlayerState, paused: boolean): void {
    const listed = datesOf(state.clock, { start: state.range.start });
    if (listed === undefined || !state.picture) return;
    const reach = reachOf(date, { start: listed.start, edge: listed.end });
    if (reach !== 'inside' && visited?.date !== date) {
      // It may be in what the player has not loaded.
      const place = visit(date);
      visited = { date, at: performance.now() };
      if (place === 'live' || place === 'kept') return;
      visited.at = Number.NEGATIVE_INFINITY;
    }
    // What is seen for a moment is what was loaded before.
    if (reach !== 'inside' && performance.now() - (visited?.at ?? 0) < LOADING) return;
    if (reach === 'soon' && stream()?.status !== 'ended') return;
    wish = undefined;
    const keeps = stream()?.keptFrom !== undefined;
    if (reach === 'gone')
      showMessage(
        `That moment ${keeps ? 'is not kept' : 'has left the window and cannot be shown'} any more.`,
      );
    else if (reach !== 'inside') showMessage('That moment has not come yet.');
    else {
      if (paused && !state.paused) player.togglePlay();
      void player.show({ date, near: near(pts, state) });
    }
  }

  function want(moment: Moment): void {
    visited = undefined;
    wish = moment;
    go(moment, player.state(), false);
  }

  return {
    date(date) {
      want({ date });
    },
    marker({ date, pts }) {
      want({ date, pts });
    },
    link(target) {
      visited = undefined;
      wish = { link: target };
      this.tick(player.state());
    },
    forget() {
      wish = undefined;
    },
    tick(state) {
      if (wish === undefined || !state.picture) return;
      if ('date' in wish) return go(wish, state, false);
      const moment = resolve(wish.link);
      if (moment === 'later') return;
      if (moment === undefined) wish = undefined;
      else go(moment, state, true);
    },
  };
}
