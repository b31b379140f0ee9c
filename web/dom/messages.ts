/** How long a message stays, in milliseconds. */
const STAYS = 5000;

/** Shows short messages in `element`, a live region; the newest takes the place of the one before. */
export function createMessages(element: HTMLElement): (text: string) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (text) => {
    clearTimeout(timer);
    element.textContent = text;
    element.classList.add('there');
    timer = setTimeout(() => {
      element.classList.remove('there');
      element.textContent = '';
    }, STAYS);
  };
}
