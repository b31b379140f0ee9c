import type { Player } from './player-state.ts';

/** Keys for the whole page: space, ← and → 5 s, `,` and `.` one frame, `l` live. */
export function listenToKeys(player: Player, { frameTime }: { frameTime(): number }): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const focus = event.target as Element;
    // A control that has the focus keeps the keys that are its own.
    if (focus.closest('input, select, textarea')) return;
    const onButton = focus.closest('button, [role="slider"]') !== null;
    if (event.key === ' ' && !onButton) player.togglePlay();
    else if (event.key === 'ArrowLeft' && !onButton) player.seekBy(-5);
    else if (event.key === 'ArrowRight' && !onButton) player.seekBy(5);
    else if (event.key === ',') step(-1);
    else if (event.key === '.') step(1);
    else if (event.key === 'l') player.goLive();
    else return;
    event.preventDefault();
  });

  function step(sign: number): void {
    if (!player.state().paused) player.togglePlay();
    player.seekBy(sign * frameTime());
  }
}
