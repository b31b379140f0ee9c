import './video-js-settings.ts';
import videojs from 'video.js';
import type { VhsWorker } from './vhs-answers.ts';
import type { VhsInit } from './vhs-init.ts';
import type { VhsPlaylist } from './vhs-playlist.ts';
import type { SendVhsRequest, VhsAnswer, VhsRequest } from './vhs-requests.ts';
import type { VhsTiming } from './vhs-runs.ts';

/** The little of video.js that the viewer uses, with types of our own: its own leave out what matters here. */
export interface VideoJs {
  (element: HTMLVideoElement, options: object): VideoJsPlayer;
  readonly browser: { readonly IS_IOS: boolean };
  /** How VHS sends its requests: whatever is put here takes the place of `xhr`. */
  readonly Vhs: { xhr: (request: VhsRequest, answer: VhsAnswer) => XMLHttpRequest };
  readonly xhr: SendVhsRequest;
  getComponent(name: string): unknown;
  registerComponent(name: string, component: unknown): void;
}

/** video.js's player. Times in seconds of player time. */
export interface VideoJsPlayer extends VideoJsComponent {
  on(event: string, listener: () => void): void;
  tech(knowing: true): VideoJsTech;
  src(source: { src: string; type: string }): void;
  play(): Promise<void> | undefined;
  pause(): void;
  paused(): boolean;
  seeking(): boolean;
  scrubbing(): boolean;
  currentTime(time: number): void;
  isFullscreen(): boolean;
  /** Undefined where it fills the window in place of the screen. */
  requestFullscreen(): Promise<void> | undefined;
  exitFullscreen(): Promise<void> | undefined;
  /** Somebody is there: the controls stay in sight for a while. */
  reportUserActivity(): void;
  getCache(): { readonly currentTime: number };
}

/** What plays: a <video> element, and VHS if it plays HLS by itself. */
export interface VideoJsTech {
  el(): HTMLVideoElement;
  readonly vhs?: {
    readonly playlists?: {
      media(): VhsPlaylist | undefined;
      on(event: 'loadedplaylist', listener: () => void): void;
      off(event: 'loadedplaylist', listener: () => void): void;
      /** Private to VHS, as below. */
      addDateRangesToTextTrack_: unknown;
    };
    /** Private to VHS, which has no other way to say "go on loading", "take no notes" and "that was all". */
    readonly playlistController_?: VhsTiming & {
      load(): void;
      excludePlaylist?(of: VhsExclusion): void;
      readonly mainSegmentLoader_?: VhsInit & {
        segmentMetadataTrack_: unknown;
        readonly transmuxer_?: VhsWorker;
        endOfStream(): void;
      };
    };
  };
}

/** How VHS gives a playlist up. */
export interface VhsExclusion {
  readonly error?: { readonly message?: string };
  /** Seconds; Infinity for good. */
  readonly playlistExclusionDuration?: number;
}

/** A piece of the player's interface. */
export interface VideoJsComponent {
  el(): HTMLElement;
  getChild(name: string): VideoJsComponent | undefined;
}

/** video.js itself. */
const library = videojs as unknown as VideoJs;

export { library as videojs };

// Its buttons would keep keys that they have no use for from the page, once one of them was pressed.
const { prototype } = library.getComponent('Component') as { prototype: { handleKeyDown(): void } };
prototype.handleKeyDown = () => {};

/**
 * Makes a live player of our kind out of a <video> element: it plays muted, by itself, in the page.
 * @param click what a click on the picture does
 */
export function makePlayer(element: HTMLVideoElement, click: () => void): VideoJsPlayer {
  return library(element, {
    autoplay: 'muted',
    controls: true,
    playsinline: true,
    liveui: true,
    liveTracker: { liveTolerance: 0.5, trackingThreshold: 0 },
    preload: 'auto',
    errorDisplay: false,
    loadingSpinner: false,
    bigPlayButton: false,
    textTrackSettings: false,
    textTrackDisplay: false,
    inactivityTimeout: 2500,
    userActions: { click },
    controlBar: {
      children: ['progressControl', 'playToggle', 'pictureInPictureToggle', 'fullscreenToggle'],
      // Our own tip says more, and nobody needs to see what is loaded.
      progressControl: {
        seekBar: { loadProgressBar: false, mouseTimeDisplay: false, playProgressBar: { timeTooltip: false } },
      },
    },
    html5: {
      nativeTextTracks: false,
      nativeAudioTracks: false,
      nativeVideoTracks: false,
      // On an iPhone there is no MediaSource for us: the system's own player does it.
      vhs: { overrideNative: !library.browser.IS_IOS, limitRenditionByPlayerDimensions: false },
    },
  });
}

/** Fills the screen with the player, or no longer. */
export async function fillScreen(player: VideoJsPlayer, on: boolean): Promise<void> {
  if (on === player.isFullscreen()) return;
  // Refused in a frame that may not: the page stays as it is.
  await (on ? player.requestFullscreen() : player.exitFullscreen())?.catch(() => {});
}
