import { applyTheme } from './dom/theme.ts';

// Runs before the first paint, in a file of its own: the page must not flash in the other colours.
applyTheme();
