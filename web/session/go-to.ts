import type { EpochMicroseconds } from '../../src/clock.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import { dateOfPts, type LinkTarget, reachOf } from '../dom/links.ts';
import type { MarkerList } from '../markers/marker-list.ts';
import { dateAt, edgeDate } from '../player/media-clock.ts';
import type { Player, PlayerState } from '../player/player-state.ts';
import type { Place } from './visit.ts';

/** Goes to moments, and says in words when one cannot be reached. */
export interface GoTo {
  /** Lands on the frame of this date, playing or paused as before. */
  date(date: EpochMicroseconds): void;
  /** Lands on where a link leads, paused, as soon as picture and markers are there. */
  link(target: LinkTarget): void;
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
  say(text: string): void;
}

/** How long what was loaded may take to be there, in milliseconds. */
const LOADING = 8000;

/** Makes it for a player. */
export function createGoTo({ player, stream, markers, visit, say }: GoToOptions): GoTo {
  /** The moment for which something was loaded last, and when, in milliseconds. */
  let visited: { date: EpochMicroseconds; at: number } | undefined;
  /** What the viewer wants and does not have yet. */
  let wish: { readonly date: EpochMicroseconds } | { readonly link: LinkTarget } | undefined;

  function resolve(link: LinkTarget): EpochMicroseconds | undefined | 'later' {
    if (link.kind === 'date') return link.date;
    if (link.kind === 'unreadable') {
      say(`“${link.text}” is not a time: an ISO date with a zone is wanted, or seconds.`);
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
      return dateOfPts(anchors, link.pts) ?? 'later';
    }
    if (list === undefined) return 'later';
    const marker = list.find(({ id }) => id === link.id);
    if (marker === undefined) say(`There is no event “${link.id}” any more, or there never was.`);
    return marker?.date;
  }

  function go(date: EpochMicroseconds, state: PlayerState, paused: boolean): void {
    const start = dateAt(state.clock, state.range.start);
    const edge = edgeDate(state.clock);
    if (start === undefined || edge === undefined || !state.picture) return;
    const reach = reachOf(date, { start, edge });
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
      say(`That moment ${keeps ? 'is not kept' : 'has left the window and cannot be shown'} any more.`);
    else if (reach !== 'inside') say('That moment has not come yet.');
    else {
      if (paused && !state.paused) player.togglePlay();
      void player.show(date);
    }
  }

  return {
    date(date) {
      visited = undefined;
      wish = { date };
      go(date, player.state(), false);
    },
    link(target) {
      visited = undefined;
      wish = { link: target };
      this.tick(player.state());
    },
    tick(state) {
      if (wish === undefined || !state.picture) return;
      if ('date' in wish) return go(wish.date, state, false);
      const date = resolve(wish.link);
      if (date === 'later') return;
      if (date === undefined) wish = undefined;
      else go(date, state, true);
    },
  };
}
