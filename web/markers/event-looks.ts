import type { MarkerList } from './marker-list.ts';

/** How many colours the style sheet has for events: `--event-0` and so on. */
export const COLOURS = 12;

/** How many ways there are to fill a shape with a colour: plain, and three patterns. */
export const PATTERNS = 4;

/** So many kinds beside those of markers are told apart: labels may be any text. */
const MOST_OTHERS = 24;

/** How the events of a class look: a colour, and a pattern once all colours are given away. */
export interface EventLook {
  /** 0 to 11. */
  readonly colour: number;
  /** 0 is plain. */
  readonly pattern: number;
}

/** The looks of all classes of a page: no two classes share one while there are fewer than 49 of them. */
export interface EventLooks {
  /** Gives a look to each new class of these markers, in order of appearance; nobody's look changes by that. */
  learn(markers: MarkerList): void;
  /** Gives a look to more kinds, which are not those of markers; they keep it. */
  learnKinds(kinds: Iterable<string>): void;
  of(kind: string): EventLook;
}

/** Classes whose colour says something. */
const own: ReadonlyMap<string, number> = new Map([
  ['mint-square', 0],
  ['motion', 1],
]);

/** The order in which colours are given away: those that belong to somebody last. */
const order = Array.from({ length: COLOURS }, (_, at) => (at + own.size) % COLOURS);

/** Makes a book of looks, empty. */
export function createEventLooks(): EventLooks {
  const numbers = new Map<string, number>();
  const others = new Set<string>();

  function numberFor(kind: string, present: ReadonlySet<string>): number {
    const taken = new Set(numbers.values());
    for (const [owner, number] of own) {
      if (owner === kind && !taken.has(number)) return number;
      if (present.has(owner)) taken.add(number);
    }
    const unused = order.find((number) => !taken.has(number));
    if (unused !== undefined) return unused;
    for (const [gone, number] of numbers) {
      if (present.has(gone)) continue;
      numbers.delete(gone);
      return number;
    }
    let next = COLOURS;
    while (taken.has(next)) next += 1;
    return next;
  }

  function give(present: ReadonlySet<string>): void {
    for (const kind of present) if (!numbers.has(kind)) numbers.set(kind, numberFor(kind, present));
  }

  return {
    learn(markers) {
      const present = new Set(others);
      for (const { class: kind } of markers) present.add(kind);
      give(present);
    },
    learnKinds(kinds) {
      for (const kind of kinds) if (others.size < MOST_OTHERS) others.add(kind);
      give(new Set([...others, ...numbers.keys()]));
    },
    of(kind) {
      const number = numbers.get(kind) ?? own.get(kind) ?? 0;
      return { colour: number % COLOURS, pattern: Math.floor(number / COLOURS) % PATTERNS };
    },
  };
}

/** Lets an element have the colour and pattern of a class: its style sheet has them as `--colour` and `--swatch`. */
export function wear(element: HTMLElement, { colour, pattern }: EventLook): void {
  element.dataset.colour = String(colour);
  element.dataset.pattern = String(pattern);
}

/** The name of a class for people. Data from anywhere: only ever shown as text. */
export function className(kind: string): string {
  return kind.trim() === '' ? 'no class' : kind;
}
