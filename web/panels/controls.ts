import { fromSeconds } from '../../src/clock.ts';
import { clockText, durationText, zoneText } from '../dom/clock-text.ts';
import { setText } from '../dom/element.ts';
import type { Player, PlayerState } from '../player/player-state.ts';
import type { PageView } from '../session/page-state.ts';

/** What we add to the player's control bar: the way to live, latency, frame steps, the date of the frame shown. */
export interface Controls {
  draw(state: PlayerState): void;
  show(view: PageView): void;
}

/**
 * What a bar this wide has no room for, in words for the style sheet; what matters least goes first, each where the
 * longest words of all that is left would need its place. Pure.
 * @param width in CSS pixels
 */
function withoutRoom(width: number): string {
  return rooms
    .filter(([needed]) => width < needed)
    .map(([, what]) => what)
    .join(' ');
}

/** The width from which each has room, in CSS pixels. A clock that tells a frame is longer: latency goes for it first. */
const rooms = [
  [620, 'zone'],
  [520, 'frame-latency'],
  [480, 'picture'],
  [380, 'latency'],
  [360, 'clock'],
  [270, 'steps'],
  [180, 'live'],
] as const;

/** The width of what may come to them later, in CSS pixels. */
const LATER = 44;

/** Adds them to `player`, and behind them what may be hidden for now. */
export function addControls(player: Player, later: HTMLElement): Controls {
  const latency = document.createElement('span');
  latency.className = 'latency';
  latency.title = 'Age of the frame on screen';
  const clock = document.createElement('time');
  clock.className = 'clock';
  clock.title = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone = document.createElement('span');
  zone.className = 'zone';
  const step = (sign: 1 | -1, label: string, className: string) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = `vjs-control step ${className}`;
    button.title = label;
    button.setAttribute('aria-label', label);
    button.addEventListener('click', () => player.step(sign));
    return button;
  };
  const pill = livePill(player);
  // In the order in which they are seen, for that is the order of the Tab key.
  const parts = [
    step(-1, 'One frame back', 'step-back'),
    step(1, 'One frame on', 'step-on'),
    ...[pill.element, latency, clock, zone, later],
  ];
  for (const part of parts) player.add(part, 'controls');
  const bar = clock.parentElement;
  if (bar !== null) {
    const sizes = new ResizeObserver(() => {
      bar.dataset.without = withoutRoom(bar.clientWidth - (later.hidden ? 0 : LATER));
    });
    for (const sized of [bar, later]) sizes.observe(sized);
  }

  return {
    draw(state) {
      setText(latency, state.latency === undefined ? '' : latencyText(state));
      setText(zone, state.date === undefined ? '' : zoneText(state.date));
      setText(clock, state.date === undefined ? '' : clockText(state.date, state.paused));
      clock.toggleAttribute('data-exact', state.paused);
    },
    show: pill.show,
  };
}

/** The button to the live edge, which is lit while what is on screen is live: then there is nowhere to go. */
function livePill(player: Player): { element: HTMLElement; show(view: PageView): void } {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = 'vjs-control vjs-seek-to-live-control';
  const dot = document.createElement('span');
  dot.className = 'vjs-icon-placeholder';
  element.append(dot, 'LIVE');
  element.addEventListener('click', () => player.goLive());
  return {
    element,
    show({ pill }) {
      element.hidden = !pill.shown;
      element.classList.toggle('vjs-at-live-edge', pill.lit);
      element.setAttribute('aria-disabled', String(pill.lit));
      element.setAttribute('aria-label', pill.label);
      element.title = pill.label;
    },
  };
}

function latencyText({ latency = 0, following }: PlayerState): string {
  if (following) return `${Math.max(0, latency).toFixed(1)} s`;
  if (latency < 90) return `−${Math.round(latency)} s`;
  return `−${durationText(fromSeconds(latency))}`;
}
