import fc from 'fast-check';
import { isLong } from './long.ts';

/**
 * fast-check with the same cases on every machine, so that a red test was made so by what changed. The long form
 * (`npm run chance`) tries others each time; what fails prints its seed.
 */
fc.configureGlobal({ includeErrorInReport: true, ...(isLong ? {} : { seed: 20_261_127 }) });

export default fc;
