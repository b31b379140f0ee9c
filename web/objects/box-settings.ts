import { keep, recall } from '../dom/stored.ts';

/** How the viewer wants boxes. */
export interface BoxSettings {
  readonly on: boolean;
  readonly labels: boolean;
  /** What is less certain than this is not drawn, in percent; what says nothing of that always is. */
  readonly threshold: number;
}

const PERCENT = Array.from({ length: 101 }, (_, at) => String(at)) as [string, ...string[]];

/** What was chosen in an earlier visit. */
export function recallBoxSettings(): BoxSettings {
  return {
    on: recall('boxes', ['on', 'off']) === 'on',
    labels: recall('box-labels', ['on', 'off']) === 'on',
    threshold: Number(recall('box-threshold', PERCENT)),
  };
}

/** Keeps what was chosen. */
export function keepBoxSettings({ on, labels, threshold }: BoxSettings): void {
  keep('boxes', on ? 'on' : 'off');
  keep('box-labels', labels ? 'on' : 'off');
  keep('box-threshold', String(threshold));
}
