import type { VideoJsComponent, VideoJsPlayer } from './video-js.ts';

/** The part of video.js's button that is used here. */
interface PlayToggle extends VideoJsComponent {
  handleClick(): void;
  handlePlay(): void;
  handlePause(): void;
}

/**
 * Joins video.js's play button to what the viewer wants: it would ask the <video> element, which stands also while a
 * frame is looked for.
 * @returns what shows it anew
 */
export function joinPlayButton(
  player: VideoJsPlayer,
  { isPaused, toggle }: { isPaused(): boolean; toggle(): void },
): () => void {
  const button = player.getChild('controlBar')?.getChild('playToggle') as PlayToggle;
  const { handlePlay, handlePause } = button;
  const show = () => (isPaused() ? handlePause : handlePlay).call(button);
  button.handleClick = toggle;
  button.handlePlay = show;
  button.handlePause = show;
  return show;
}
