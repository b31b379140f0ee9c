/** How often a screen reader is told of new events, in milliseconds: it must be able to finish a sentence. */
const EVERY = 5000;

/**
 * Tells a screen reader of new events through `region`, a live region. What comes in faster than it can speak
 * is told together. Returns what takes the text of each event.
 */
export function createAnnouncer(region: HTMLElement): (text: string) => void {
  let waiting = 0;
  let newest = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const speak = () => {
    timer = undefined;
    if (waiting === 0) return;
    region.textContent =
      waiting === 1 ? `New event: ${newest}` : `${waiting} new events, the newest: ${newest}`;
    waiting = 0;
    timer = setTimeout(speak, EVERY);
  };
  return (text) => {
    newest = text;
    waiting += 1;
    if (timer === undefined) speak();
  };
}
