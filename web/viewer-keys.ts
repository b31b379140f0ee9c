import type { EpochMicroseconds } from '../src/clock.ts';
import type { KeyCommand } from './dom/keys.ts';
import type { Marker, MarkerList } from './markers/marker-list.ts';
import { neighbour } from './markers/neighbour.ts';
import type { ClipPanel } from './panels/clip-panel.ts';
import type { Player } from './player/player-state.ts';

/** What the keys of the viewer do. */
export interface ViewerActions {
  readonly player: Player;
  /** The markers that are shown, oldest first. */
  markers(): MarkerList;
  /** Date of the frame on screen. */
  shown(): EpochMicroseconds | undefined;
  pick(marker: Marker): void;
  live(): void;
  boxes(): void;
  mark(): void;
  copyLink(): void;
  snapshot(): void;
  readonly clip: ClipPanel;
  search(): void;
  help(): void;
}

/** How far the arrow keys go, in seconds. */
const LEAP = 5;

/** The keys of the viewer, in the order in which the list shows them. */
export function viewerKeys(actions: ViewerActions): KeyCommand[] {
  const { player, clip } = actions;
  const go = (direction: 'next' | 'previous') => () => {
    const { sought, paused } = player.state();
    // From where the viewer is on the way to, if that is not on screen yet.
    const date = sought ?? actions.shown();
    if (date === undefined) return;
    const marker = neighbour(actions.markers(), date, direction, paused || sought !== undefined);
    if (marker !== undefined) actions.pick(marker);
  };
  /** What shows beside the picture cannot be seen in full screen. */
  const beside = (act: () => void) => () => {
    act();
    player.leaveFullScreen();
  };
  return [
    { keys: [' '], label: 'Play or pause', run: () => player.togglePlay() },
    { keys: ['ArrowLeft'], label: '5 seconds back', repeats: true, run: () => player.seekBy(-LEAP) },
    { keys: ['ArrowRight'], label: '5 seconds on', repeats: true, run: () => player.seekBy(LEAP) },
    { keys: [','], label: 'One frame back', repeats: true, run: () => player.step(-1) },
    { keys: ['.'], label: 'One frame on', repeats: true, run: () => player.step(1) },
    { keys: ['n'], label: 'Next event', run: go('next') },
    { keys: ['p'], label: 'Previous event', run: go('previous') },
    { keys: ['l'], label: 'Go live', run: actions.live },
    { keys: ['m'], label: 'Mark this moment', run: beside(actions.mark) },
    { keys: ['c'], label: 'Copy a link to this frame', run: actions.copyLink },
    { keys: ['s'], label: 'Snapshot of this frame', run: actions.snapshot },
    { keys: ['i'], label: 'Clip starts here', run: clip.setIn },
    { keys: ['o'], label: 'Clip ends here', run: clip.setOut },
    { keys: ['b'], label: 'Boxes on or off', run: actions.boxes },
    { keys: ['f'], label: 'Full screen', run: () => player.toggleFullScreen() },
    { keys: ['/'], label: 'Search events', run: beside(actions.search) },
    { keys: ['?'], label: 'This list', run: actions.help },
  ];
}
