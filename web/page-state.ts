import type { StreamStatus } from './stream-info.ts';

/** What the page says of itself. */
export type PageState = 'connecting' | 'missing' | 'waiting' | 'live' | 'stalled' | 'reconnecting' | 'ended';

/** What it is decided from. */
export interface Circumstances {
  /** False while neither the streams nor the marker feed answer. */
  readonly reachable: boolean;
  /** Whether the server has ever answered. */
  readonly answered: boolean;
  /** The stream's status; undefined if the server knows no such stream. */
  readonly status: StreamStatus | undefined;
  /** The player gave up and will be started again. */
  readonly playerFailed: boolean;
  /** Whether a picture has been shown since the source was loaded. */
  readonly picture: boolean;
}

/** The one state that matters most to whoever looks. Pure. */
export function pageState(now: Circumstances): PageState {
  if (!now.answered) return 'connecting';
  if (!now.reachable) return 'reconnecting';
  if (now.status === undefined) return 'missing';
  if (now.status === 'starting') return 'waiting';
  if (now.playerFailed) return 'reconnecting';
  if (now.status === 'ended') return 'ended';
  if (now.status === 'stalled') return 'stalled';
  return now.picture ? 'live' : 'connecting';
}

/** Words for a state: one for the badge; a title and a sentence when the picture cannot speak for itself. */
export const pageWords: Readonly<Record<PageState, { word: string; title?: string; text?: string }>> = {
  connecting: { word: 'Connecting', title: 'Connecting', text: 'Fetching the first pictures.' },
  missing: { word: 'Not found', title: 'No such stream', text: 'The server knows no stream of this name.' },
  waiting: {
    word: 'Starting',
    title: 'Waiting for the first segment',
    text: 'The stream is about to begin.',
  },
  live: { word: 'Live' },
  stalled: { word: 'Stalled', title: 'The source is silent', text: 'Playback goes on when pictures return.' },
  reconnecting: { word: 'Reconnecting', title: 'Connection lost', text: 'Trying again by itself.' },
  ended: { word: 'Ended' },
};
