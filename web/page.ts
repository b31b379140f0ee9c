import { type PageState, pageWords } from './page-state.ts';
import type { PlayerState } from './player-state.ts';
import type { StreamInfo } from './stream-info.ts';
import type { TableElements } from './table.ts';

/** The page round player and table: title, state, facts, the choice of streams. */
export interface Page {
  readonly video: HTMLVideoElement;
  readonly table: TableElements;
  /** Where the overview goes. */
  readonly overview: HTMLElement;
  /** Offers these streams to choose from, if there is a choice. */
  offer(names: readonly string[], chosen: string | undefined): void;
  describe(stream: StreamInfo): void;
  count(events: number): void;
  show(state: PageState, player: PlayerState): void;
  /** Tells a screen reader of a new event, not more often than it can speak. */
  announce(text: string): void;
}

const ANNOUNCE_EVERY = 5000;

/** Finds the elements of index.html. */
export function createPage(): Page {
  const screen = find('.screen');
  const status = find('#status');
  const word = find('#status-word');
  const notice = find('#notice');
  const noticeTitle = find('#notice-title');
  const noticeText = find('#notice-text');
  const picker = find<HTMLSelectElement>('#streams');
  let lastAnnounced = -ANNOUNCE_EVERY;
  let offered = '';
  let shownState: PageState | undefined;

  picker.addEventListener('change', () => {
    const url = new URL(location.href);
    url.searchParams.set('stream', picker.value);
    location.assign(url);
  });

  return {
    video: find<HTMLVideoElement>('#video'),
    table: { body: find('#table'), empty: find('#empty'), more: find<HTMLButtonElement>('#more') },
    overview: find('#overview'),
    offer(names, chosen) {
      const key = names.join('\n');
      find('#picker').hidden = names.length < 2;
      if (key === offered) return;
      offered = key;
      picker.replaceChildren(
        ...names.map((name) => {
          const option = document.createElement('option');
          option.value = name;
          option.textContent = name;
          option.selected = name === chosen;
          return option;
        }),
      );
    },
    describe(stream) {
      find('#name').textContent = stream.name;
      document.title = `${stream.name} · hlsstream`;
      if (stream.width > 0 && stream.height > 0) {
        screen.style.setProperty('--ratio', String(stream.width / stream.height));
      }
      facts(find('#facts'), [
        ['Picture', stream.width > 0 ? `${stream.width} × ${stream.height}` : ''],
        ['Rate', stream.frameRate > 0 ? `${round(stream.frameRate)} fps` : ''],
        ['Parts', stream.partTarget > 0 ? `${round(stream.partTarget)} s` : 'none'],
        ['Look back', windowText(stream.window)],
      ]);
    },
    count(events) {
      find('#count').textContent = events === 0 ? '' : String(events);
    },
    show(state, player) {
      const behind = state === 'live' && !player.following;
      const label = behind ? (player.paused ? 'Paused' : 'Behind live') : pageWords[state].word;
      if (word.textContent !== label) word.textContent = label;
      status.dataset.state = behind ? 'behind' : state;
      if (state === shownState) return;
      shownState = state;
      const { title, text } = pageWords[state];
      notice.hidden = title === undefined;
      notice.dataset.state = state;
      noticeTitle.textContent = title ?? '';
      noticeText.textContent = text ?? '';
    },
    announce(text) {
      const now = performance.now();
      if (now - lastAnnounced < ANNOUNCE_EVERY) return;
      lastAnnounced = now;
      find('#announcer').textContent = `New event: ${text}`;
    },
  };
}

function facts(list: HTMLElement, pairs: readonly (readonly [string, string])[]): void {
  list.replaceChildren(
    ...pairs
      .filter(([, value]) => value !== '')
      .map(([name, value]) => {
        const group = document.createElement('div');
        const term = document.createElement('dt');
        const description = document.createElement('dd');
        term.textContent = name;
        description.textContent = value;
        group.append(term, description);
        return group;
      }),
  );
}

function windowText(seconds: number): string {
  if (seconds < 120) return `${round(seconds)} s`;
  return seconds < 7200 ? `${round(seconds / 60)} min` : `${round(seconds / 3600)} h`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function find<T extends HTMLElement = HTMLElement>(selector: string): T {
  const element = document.querySelector<T>(selector);
  if (element === null) throw new Error(`index.html lacks ${selector}`);
  return element;
}
