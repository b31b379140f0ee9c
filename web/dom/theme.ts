import { keep, recall } from './stored.ts';

/** The page's colours: the system's, or one of ours. */
export const themes = ['system', 'light', 'dark'] as const;

/** One of {@link themes}. */
export type Theme = (typeof themes)[number];

/** Puts the theme that was chosen last on the page. */
export function applyTheme(theme: Theme = recall('theme', themes)): Theme {
  document.documentElement.dataset.theme = theme;
  return theme;
}

/** Lets `button` go through the themes, one with each press. */
export function createThemeToggle(button: HTMLButtonElement): void {
  const show = (theme: Theme) => {
    button.dataset.theme = theme;
    button.setAttribute('aria-label', `Colours: ${theme}`);
    button.title = `Colours: ${theme}`;
  };
  let theme = applyTheme();
  show(theme);
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
    keep('theme', theme);
    applyTheme(theme);
    show(theme);
  });
}
