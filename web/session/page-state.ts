import type { EpochMicroseconds } from '../../src/clock.ts';
import type { StreamStatus, WaitingFor } from '../../src/hls/stream-json.ts';
import { sentence } from '../api/server-words.ts';
import { clockText } from '../dom/clock-text.ts';

/** The one state of the page: badge, live button, notice and texts all come from it. Pure. */

/** What the page says of itself. */
export type PageState =
  | 'connecting'
  | 'missing'
  | 'waiting'
  | 'live'
  | 'behind'
  | 'buffering'
  | 'lost'
  | 'stalled'
  | 'stopped'
  | 'interrupted'
  | 'reconnecting'
  | 'ended';

/** What it is decided from. */
export interface Circumstances {
  /** False while neither the streams nor the marker feed answer. */
  readonly reachable: boolean;
  /** Whether the server has ever answered. */
  readonly answered: boolean;
  /** The stream's status; undefined if the server knows no such stream. */
  readonly status: StreamStatus | undefined;
  /** What the stream waits for when no media comes, where the server knows. */
  readonly waitingFor?: WaitingFor | undefined;
  /** Why source or encoder do not work, where the server knows. */
  readonly reason?: string | undefined;
  /** Date of the source's last picture, while what is on screen only fills its silence. */
  readonly silentSince?: EpochMicroseconds | undefined;
  /** The server cannot reach its store: it learns nothing new. */
  readonly storeDown?: boolean;
  /** The player gave up and will be started again. */
  readonly playerFailed: boolean;
  /** Whether a picture has been shown since the source was loaded. */
  readonly picture: boolean;
  /** Playback stands still although it should go on. */
  readonly standing?: boolean;
  /** Where playback is. @default 'edge' */
  readonly place?: 'edge' | 'behind' | 'paused';
}

/** The one state that matters most to whoever looks. */
export function pageState(now: Circumstances): PageState {
  if (!now.answered) return 'connecting';
  if (!now.reachable) return 'reconnecting';
  const { status } = now;
  if (status !== 'live' && status !== 'ended' && (now.storeDown || now.waitingFor === 'store')) {
    return 'interrupted';
  }
  if (status === undefined) return 'missing';
  if (status === 'starting') return 'waiting';
  if (status === 'stalled') return now.waitingFor === 'encoder' ? 'stopped' : 'stalled';
  if (now.playerFailed) return 'reconnecting';
  if (status === 'ended') return 'ended';
  if (!now.picture) return 'connecting';
  if (now.place === 'behind' || now.place === 'paused') return 'behind';
  if (now.silentSince !== undefined) return 'lost';
  return now.standing ? 'buffering' : 'live';
}

/** All that the page shows of a state. */
export interface PageView {
  readonly state: PageState;
  /** One word, or two, for the badge. */
  readonly badge: string;
  /** The button to the live edge: whether it is there, and lit because what is on screen is live. */
  readonly pill: { readonly shown: boolean; readonly lit: boolean; readonly label: string };
  /** A title and a sentence, when the picture cannot speak for itself; beside it if there is one, else in its place. */
  readonly notice: { readonly title: string; readonly text: string; readonly beside: boolean } | undefined;
}

/** Puts the state into words. */
export function pageView(now: Circumstances): PageView {
  const state = pageState(now);
  const { badge, title, text } = words(state, now);
  // Who looks back sees that the pictures go on; what is wrong at the edge says the badge.
  const looksBack = now.picture && (now.place === 'behind' || now.place === 'paused');
  const isQuiet = title === undefined || (looksBack && atTheEdge.has(state));
  return {
    state,
    badge,
    pill: { shown: state !== 'ended', lit: state === 'live', label: pillLabel(state) },
    notice: isQuiet ? undefined : { title, text, beside: beside.has(state) },
  };
}

/** States in which pictures are missing at the live edge, and nowhere else. */
const atTheEdge: ReadonlySet<PageState> = new Set(['buffering', 'stalled', 'stopped', 'interrupted']);

/** States in which there is, or was, a picture that the notice is not to cover. */
const beside: ReadonlySet<PageState> = new Set([...atTheEdge, 'lost', 'behind', 'reconnecting']);

interface Words {
  readonly badge: string;
  readonly title?: string;
  readonly text: string;
}

function words(state: PageState, now: Circumstances): Words {
  const { status, waitingFor, reachable, place, reason, silentSince } = now;
  switch (state) {
    case 'connecting':
      return { badge: 'Connecting', title: 'Connecting', text: 'Fetching the first pictures.' };
    case 'missing':
      return {
        badge: 'Not found',
        title: 'No such stream',
        text: 'The server knows no stream of this name.',
      };
    case 'waiting':
      if (reason !== undefined) {
        return { badge: 'Failing', title: 'The stream cannot begin', text: `${sentence(reason)} ${AGAIN}` };
      }
      return { badge: 'Starting', title: 'Waiting for the first segment', text: beginning(waitingFor) };
    case 'live':
      return { badge: 'Live', text: '' };
    case 'behind':
      return {
        badge: place === 'paused' ? 'Paused' : 'Behind live',
        ...(silentSince !== undefined && { title: `No signal here since ${clockText(silentSince)}` }),
        text: '',
      };
    case 'buffering':
      return {
        badge: 'Buffering',
        title: 'Waiting for pictures',
        text: 'They come too slowly, or not at all.',
      };
    case 'lost':
      return {
        badge: 'Signal lost',
        title: `Signal lost since ${clockText(silentSince ?? 0)}`,
        text: reason === undefined ? RETURNS : sentence(reason),
      };
    case 'stalled': {
      const title = waitingFor === 'source' ? 'The source is silent' : 'No new pictures';
      return { badge: 'Stalled', title, text: reason === undefined ? RETURNS : sentence(reason) };
    }
    case 'stopped':
      if (reason !== undefined) {
        return { badge: 'Failing', title: 'The stream has failed', text: `${sentence(reason)} ${AGAIN}` };
      }
      return {
        badge: 'Stopped',
        title: 'The encoder has stopped',
        text: 'Playback goes on when it runs again.',
      };
    case 'interrupted':
      return {
        badge: 'Interrupted',
        title: 'The server cannot reach its store',
        text: status === 'stalled' ? 'Playback goes on when it can.' : 'Playback begins when it can.',
      };
    case 'reconnecting':
      return {
        badge: 'Reconnecting',
        title: reachable ? 'Playback broke off' : 'Connection lost',
        text: 'Trying again by itself.',
      };
    case 'ended':
      return { badge: 'Ended', text: '' };
  }
}

const RETURNS = 'Playback goes on when pictures return.';
const AGAIN = 'It is tried again and again.';

function beginning(waitingFor: WaitingFor | undefined): string {
  if (waitingFor === 'source') return 'The source has sent no picture yet.';
  return waitingFor === 'encoder' ? 'The encoder is not running.' : 'The stream is about to begin.';
}

function pillLabel(state: PageState): string {
  if (state === 'live') return 'Playing live';
  return state === 'behind' || state === 'buffering' ? 'Go live' : 'Go to the newest picture';
}
