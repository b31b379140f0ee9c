import type { StreamInfo } from '../api/stream-info.ts';
import { find, setText } from '../dom/element.ts';
import type { PageView } from '../session/page-state.ts';

/** The page round player and table: title, state, facts, the choice of streams. */
export interface Page {
  /** Offers these streams to choose from, if there is a choice. */
  listStreams(names: readonly string[], chosen: string | undefined): void;
  describe(stream: StreamInfo): void;
  /** How many events there are, and how many of them the filter lets through. */
  count(all: number, shown: number): void;
  show(view: PageView): void;
}

/** Finds the elements of index.html. */
export function createPage(): Page {
  const status = find('#status');
  const word = find('#status-word');
  const showNotice = createNotice();
  const picker = find<HTMLSelectElement>('#streams');
  let listed = '';

  picker.addEventListener('change', () => {
    location.assign(`?${new URLSearchParams({ stream: picker.value })}`);
  });

  return {
    listStreams(names, chosen) {
      const key = names.join('\n');
      const isChoice = names.length > 1 && chosen !== undefined && names.includes(chosen);
      find('#picker').hidden = !isChoice;
      // The choice says the name.
      find('#name').classList.toggle('unseen', isChoice);
      if (key === listed) return;
      listed = key;
      picker.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
    },
    describe(stream) {
      find('#name').textContent = stream.name;
      document.title = `${stream.name} · hlsstream`;
      if (stream.width > 0 && stream.height > 0) {
        document.documentElement.style.setProperty('--ratio', String(stream.width / stream.height));
      }
      facts(find('#facts'), [
        ['Picture', stream.width > 0 ? `${stream.width} × ${stream.height}` : ''],
        ['Rate', stream.frameRate > 0 ? `${round(stream.frameRate)} fps` : ''],
        ['Parts', stream.partTarget > 0 ? `${round(stream.partTarget)} s` : 'none'],
        ['Look back', windowText(stream.window)],
      ]);
    },
    count(all, shown) {
      setText(find('#count'), all === 0 ? '' : shown === all ? String(all) : `${shown} of ${all}`);
      const empty = find('#empty');
      empty.hidden = shown > 0;
      empty.textContent =
        all === 0 ? 'No events yet. They appear here the moment they are seen.' : 'No event fits the search.';
    },
    show(view) {
      setText(word, view.badge);
      status.dataset.state = view.state;
      document.body.dataset.state = view.state;
      find('#notice-link').hidden = view.state !== 'missing';
      showNotice(view);
    },
  };
}

/** The notice over the picture, when the picture cannot speak for itself. */
export function createNotice(): (view: PageView) => void {
  const element = find('#notice');
  return ({ state, notice }) => {
    element.hidden = notice === undefined;
    element.dataset.state = state;
    element.classList.toggle('beside', notice?.beside === true);
    setText(find('#notice-title'), notice?.title ?? '');
    setText(find('#notice-text'), notice?.text ?? '');
  };
}

function facts(list: HTMLElement, pairs: readonly (readonly [string, string])[]): void {
  const shown = pairs.filter(([, value]) => value !== '');
  const key = JSON.stringify(shown);
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  list.replaceChildren(
    ...shown.map(([name, value]) => {
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
