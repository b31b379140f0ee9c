/** Something that one key does. */
export interface KeyCommand {
  /** `KeyboardEvent.key`, one or more. */
  readonly keys: readonly string[];
  /** What it does, for the list of keys. */
  readonly label: string;
  /** Goes on while the key is held down. */
  readonly repeats?: boolean;
  run(): void;
}

/** Listens for the keys of the whole page: never with a modifier, never while somebody types. */
export function listenToKeys(commands: readonly KeyCommand[]): void {
  const byKey = new Map(commands.flatMap((command) => command.keys.map((key) => [key, command] as const)));
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const command = byKey.get(event.key);
    if (command === undefined || (event.repeat && !command.repeats)) return;
    if (isTaken(event.key, event.target as Element)) return;
    event.preventDefault();
    command.run();
  });
}

/** Whether the element that has the focus uses this key itself. */
function isTaken(key: string, focus: Element): boolean {
  if (focus.closest('input, select, textarea, [contenteditable], dialog[open]')) return true;
  if (key === ' ' || key === 'Enter') return focus.closest('button, summary, a[href]') !== null;
  return key.startsWith('Arrow') && focus.closest('[role="slider"]') !== null;
}

const names: Readonly<Record<string, string>> = { ' ': 'Space', ArrowLeft: '←', ArrowRight: '→' };

/** Shows the list of keys in `dialog`; returns how to open it. */
export function createKeyHelp(
  { dialog, list, close }: { dialog: HTMLDialogElement; list: HTMLElement; close: HTMLButtonElement },
  commands: readonly KeyCommand[],
): () => void {
  list.replaceChildren(
    ...commands.map(({ keys, label }) => {
      const group = document.createElement('div');
      const term = document.createElement('dt');
      const description = document.createElement('dd');
      for (const key of keys) {
        const cap = document.createElement('kbd');
        cap.textContent = names[key] ?? key;
        term.append(cap);
      }
      description.textContent = label;
      group.append(term, description);
      return group;
    }),
  );
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('keydown', (event) => {
    if (event.key !== '?') return;
    // The page would open it again.
    event.preventDefault();
    dialog.close();
  });
  // A click beside the dialog falls on the dialog itself.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  return () => dialog.showModal();
}
