/** How many colours the style sheet has for events: `--event-0` and so on. */
export const COLOURS = 8;

/** Classes whose colour says something; every other class gets one of the rest by its name. */
const fixed: Readonly<Record<string, number>> = { 'mint-square': 0, motion: 1 };

/** Number of the colour of a class, 0 to 7: the same on every page and after every reload. Pure. */
export function colourOf(kind: string): number {
  const known = Object.hasOwn(fixed, kind) ? fixed[kind] : undefined;
  if (known !== undefined) return known;
  let hash = 2166136261;
  for (let index = 0; index < kind.length; index += 1) {
    hash = Math.imul(hash ^ kind.charCodeAt(index), 16777619);
  }
  return 2 + ((hash >>> 0) % (COLOURS - 2));
}
