import type { StreamInfo } from '../api/stream-info.ts';
import { createThumbnails, type Thumbnail } from '../api/thumbnails.ts';
import { find, setText } from '../dom/element.ts';
import { type Circumstances, pageView } from '../session/page-state.ts';
import { createStill } from './still.ts';

/** The page with a card for each stream, when there are several and none was asked for. */
export interface StartPage {
  draw(streams: readonly StreamInfo[]): void;
  /** Shows how each of them stands, as far as the server can be reached and can tell. */
  show(now: Pick<Circumstances, 'reachable' | 'storeDown'>): void;
}

interface Card {
  readonly element: HTMLElement;
  fill(stream: StreamInfo): void;
  show(now: Pick<Circumstances, 'reachable' | 'storeDown'>): void;
  /** Shows the newest picture there is. */
  look(): void;
}

/** How often cards look for a new picture, in milliseconds. */
const LOOK = 500;

/** Shows the start page in place of the viewer. */
export function openStartPage(): StartPage {
  const cards = new Map<string, Card>();
  const list = find('#cards');
  // Who describes streams can be reached; a card has its badge from the beginning.
  let latest: Pick<Circumstances, 'reachable' | 'storeDown'> = { reachable: true };
  find('#viewer').hidden = true;
  find('#start').hidden = false;
  find('#status').hidden = true;
  find('#help').hidden = true;
  setInterval(() => {
    if (!document.hidden) for (const card of cards.values()) card.look();
  }, LOOK);
  return {
    draw(streams) {
      const names = new Set(streams.map(({ name }) => name));
      for (const [name, { element }] of cards) {
        if (names.has(name)) continue;
        element.remove();
        cards.delete(name);
      }
      for (const stream of streams) {
        let card = cards.get(stream.name);
        if (card === undefined) {
          card = createCard(stream.name);
          cards.set(stream.name, card);
          list.append(card.element);
        }
        card.fill(stream);
        card.show(latest);
      }
    },
    show(now) {
      latest = now;
      for (const card of cards.values()) card.show(now);
    },
  };
}

function createCard(name: string): Card {
  const element = document.createElement('li');
  const link = document.createElement('a');
  link.className = 'card';
  link.href = `?${new URLSearchParams({ stream: name })}`;
  const [picture, thumbnail] = [make('div', 'card-picture'), make('div', 'card-frame')];
  const still = createStill();
  picture.append(thumbnail, still.element);
  const [title, status, facts] = [make('strong', 'card-name'), make('span', 'status'), make('span', 'soft')];
  title.textContent = name;
  link.append(picture, title, status, facts);
  element.append(link);
  const thumbnails = createThumbnails();
  let shown: StreamInfo | undefined;
  let asked = 0;
  return {
    element,
    look() {
      thumbnails.wake();
      showTile(thumbnail, thumbnails.at(Number.POSITIVE_INFINITY));
    },
    fill(stream) {
      shown = stream;
      if (stream.width > 0) picture.style.setProperty('--shape', String(stream.width / stream.height));
      const shape = stream.width > 0 ? `${stream.width} × ${stream.height}` : '';
      thumbnails.use(stream.thumbnails, stream.prefix);
      still.use(stream);
      asked += 1;
      const mine = asked;
      void countEvents(name).then((events) => {
        // What a server that has gone did not answer is no news.
        if (mine === asked && events !== undefined)
          facts.textContent = [shape, events].filter((text) => text !== '').join(' · ');
      });
    },
    show({ reachable, storeDown = false }) {
      const now = { answered: true, reachable, storeDown, playerFailed: false, picture: true };
      const { status: stands, waitingFor, reason, silentSince } = shown ?? {};
      const { state, badge } = pageView({ ...now, status: stands, waitingFor, reason, silentSince });
      status.dataset.state = state;
      setText(status, badge);
    },
  };
}

function showTile(picture: HTMLElement, tile: Thumbnail | undefined): void {
  if (tile === undefined) return;
  const { uri, left, top, width, height, columns, rows } = tile;
  const share = (at: number, size: number, count: number) =>
    count > 1 ? (at / size / (count - 1)) * 100 : 0;
  picture.style.backgroundImage = `url(${JSON.stringify(uri)})`;
  picture.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
  picture.style.backgroundPosition = `${share(left, width, columns)}% ${share(top, height, rows)}%`;
}

/** Counts no further than this. */
const MANY = 100;

async function countEvents(name: string): Promise<string | undefined> {
  try {
    const response = await fetch(`streams/${encodeURIComponent(name)}/markers?limit=${MANY}`);
    const { markers } = (await response.json()) as { markers?: readonly unknown[] };
    const count = markers?.length ?? 0;
    if (count === 0) return 'no events';
    return count === 1 ? '1 event' : `${count}${count === MANY ? '+' : ''} events`;
  } catch {
    return undefined;
  }
}

function make(tag: string, className: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
