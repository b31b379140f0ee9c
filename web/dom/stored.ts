/** Small choices of the viewer that outlive the page; lost without harm where the browser keeps nothing. */

/** What was chosen under this name, if it is one of `choices`; else the first of them. */
export function recall<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(`hlsstream.${name}`);
  } catch {
    // Storage is forbidden here, as in some frames: the default will do.
  }
  return choices.find((choice) => choice === kept) ?? choices[0];
}

/** Keeps a choice. */
export function keep(name: string, choice: string): void {
  try {
    localStorage.setItem(`hlsstream.${name}`, choice);
  } catch {
    // Forbidden or full: the choice lasts as long as the page.
  }
}
