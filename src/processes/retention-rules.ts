import { fromSeconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { keptBy } from '../config/kept.ts';
import type { RetentionRules } from '../packager/retention-options.ts';

/** What the settings say of what is kept. */
export function retentionRules(config: Config): RetentionRules {
  const { retain, retainSize, retainMarkers } = keptBy(config);
  return {
    age: retain === undefined ? undefined : fromSeconds(retain),
    size: retainSize,
    markers: retainMarkers === undefined ? undefined : fromSeconds(retainMarkers),
  };
}
