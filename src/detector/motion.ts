import { type EpochMicroseconds, fromSeconds, type Microseconds, toSeconds } from '../clock.ts';
import type { Picture } from '../frames/picture.ts';
import { toCells } from './cells.ts';
import { extentOf, rounded } from './contour.ts';
import type { Observation, PromptDetector } from './detector.ts';
import type { Difference } from './difference.ts';
import { Scene } from './scene.ts';
import { isSceneMemory, type SceneMemory } from './scene-memory.ts';

/** How much motion counts, and for how long. */
export interface MotionOptions {
  /** Share of the picture that must differ from the background, 0.0005 to 0.9. @default 0.01 */
  readonly threshold?: number;
  /** Shorter events are not reported, in seconds. @default 0.5 */
  readonly minimumSeconds?: number;
  /** The picture must be quiet this long before an event ends, in seconds. @default 1 */
  readonly quietSeconds?: number;
  /** What has not moved for so long belongs to the scene, in seconds. @default 90 */
  readonly settleSeconds?: number;
  /** The same after a change of more than half of the picture at once: a light, not a visitor. @default 5 */
  readonly settleAllSeconds?: number;
  /** An event longer than this is the new normal: the scene is learnt anew, in seconds. @default 600 */
  readonly longestSeconds?: number;
}

/** An event goes on down to this part of the threshold that began it. */
const HYSTERESIS = 0.5;
/** Less than this part of its peak, and at rest, is what an event leaves behind: things put elsewhere. */
const RESIDUE = 0.25;
/** … or less than this, where the background shows again: the place of a thing that was taken away. */
const UNCOVERED = 0.5;
/** Above this share it is the scene that changed. */
const WHOLE_SCENE = 0.5;
/** What was there within so long of the beginning, in microseconds, … */
const ONSET = fromSeconds(0.5);
/** … and has not moved since for so long, is light on something flat, … */
const AT_ONCE = fromSeconds(3.5);
/** … all but so little of it, … */
const MOVED_LATER = 0.1;
/** … unless this part of it surely hides the background. */
const CERTAIN = 0.25;
/** A camera that turns to grey, or back to colours, has settled after so long, in microseconds. */
const RECOLOURING = fromSeconds(2);
/** When so much more than usual has changed meanwhile, there is another light, too. */
const RELIGHTED = 0.1;
/** What differs becomes usual at this share of the picture a second. */
const ADAPT = 0.05;
/** What has not changed for so long begins no event, in microseconds. */
const STIRRED = fromSeconds(1);
/** While no event is open, small things become part of the scene after this long, in microseconds. */
const SETTLE_UNNOTICED = fromSeconds(10);
/** How far before it crossed the threshold an event may be said to have begun, in microseconds. */
const GREATEST_RISE = fromSeconds(1);
/** A gap between pictures counts for the background as this at most, in microseconds. */
const LONGEST_STEP = fromSeconds(1);

interface Event {
  readonly key: string;
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
  /** It lasted long enough to be reported. */
  reported: boolean;
  /** Something more than a shadow was there. */
  solid: boolean;
  /** Greatest share of the picture it took, and when it was last more than a residue of that. */
  peak: number;
  largeUntil: Microseconds;
  quietSince: Microseconds | undefined;
}

/**
 * Marks where something enters or leaves a quiet picture. A picture is a grid of cells; a cell differs when it
 * is far from its background, after the camera's exposure has been taken out and given its own usual noise.
 *
 * - An event begins with the first picture of a rise of the differing share above `threshold`, and is reported
 *   once it has lasted `minimum`; it ends with the first picture of `quiet` seconds below half the threshold.
 * - Light is no event: where the background's relief is still there, a lamp, the sun or the camera has changed,
 *   and the cell takes that light as its own within a second (`light.ts` says how it is told apart). What
 *   is too flat to say and came all at once and has not moved since is light, too, and over within four seconds.
 * - Shadows: once something had a colour of its own, the event ends when only other light is left of it.
 * - What differs is not learnt, however long: a visitor who stands still stays an event.
 * - But when no more than half the threshold has moved for `settle` seconds (`settleAll` if more than half of
 *   the picture changed), the change is permanent: a bottle taken away, a light switched on. It becomes the
 *   background and the event ends at the moment when the last of it came to rest. If the old face of the scene
 *   comes back later, that is known too. Somebody who stands still still sways, so this does not end visits.
 * - What an event leaves behind, at rest for `quiet`, is taken into the background at once: less than a quarter
 *   of its greatest extent (a bottle put back an inch from its place), or less than half where the picture shows
 *   no outline any more and the background does (a bottle taken away). Somebody who stands still is neither.
 * - A camera that turns to grey, or back to colours, in another light shows a scene that nothing is known of: an
 *   event ends there, and what moves later begins another.
 * - After `longest` seconds anything is the new normal.
 */
export function createMotionDetector({
  threshold = 0.01,
  minimumSeconds = 0.5,
  quietSeconds = 1,
  settleSeconds = 90,
  settleAllSeconds = 5,
  longestSeconds = 600,
}: MotionOptions = {}): PromptDetector {
  const minimum = fromSeconds(minimumSeconds);
  const quiet = fromSeconds(quietSeconds);
  let scene: Scene | undefined;
  let recalled: SceneMemory | undefined;
  let event: Event | undefined;
  let rise: { pts: Microseconds; date: EpochMicroseconds } | undefined;
  /** A visitor has left but not his shadow: until it has, shadows begin nothing. */
  let shadowLeft = false;
  let last: Microseconds | undefined;
  let count = 0;
  let recolouredAt = Number.NEGATIVE_INFINITY;
  /** What share of the picture has differed for some time. */
  let usual = 0;

  /** Ends the event, if there is one and it was worth telling. */
  const end = (pts: Microseconds): Observation[] => {
    const ended = event;
    event = undefined;
    rise = undefined;
    return ended?.reported ? [{ type: 'end', key: ended.key, pts: Math.max(pts, ended.pts) }] : [];
  };

  const begin = (open: Event, share: number): Observation => {
    open.reported = true;
    const { key, pts, date } = open;
    const data = { share: rounded(share), ...(scene && extentOf(scene)) };
    return { type: 'begin', key, pts, date, text: 'Motion', class: 'motion', data };
  };

  const judge = ({ pts, date }: Picture, { share, solid }: Difference): Observation[] => {
    const low = threshold * HYSTERESIS;
    if (share < low) shadowLeft = false;
    const present = shadowLeft || event?.solid === true ? solid : share;
    rise = present < low ? undefined : (rise ?? { pts, date });
    const stirs = () => (scene?.restless(pts, STIRRED).moving ?? 0) >= low;
    if (event === undefined && present >= threshold && rise !== undefined && stirs()) {
      const start = pts - rise.pts <= GREATEST_RISE ? rise : { pts, date };
      event = {
        key: `motion-${count}`,
        ...start,
        reported: false,
        solid: false,
        ...{ peak: 0, largeUntil: pts, quietSince: undefined },
      };
      count += 1;
    }
    if (event === undefined) return [];
    if (solid >= threshold) event.solid = true;
    event.peak = Math.max(event.peak, share);
    if (share >= UNCOVERED * event.peak) event.largeUntil = pts;
    event.quietSince = present >= low ? undefined : (event.quietSince ?? pts);
    const observations: Observation[] = [];
    if (!event.reported && (event.quietSince ?? pts) - event.pts >= minimum)
      observations.push(begin(event, share));
    if (event.quietSince !== undefined && pts - event.quietSince >= quiet) {
      shadowLeft = event.solid && share >= low;
      observations.push(...end(event.quietSince));
    }
    return observations;
  };

  /** Change that came to stay becomes background. */
  const settle = (picture: Scene, pts: Microseconds, { share, certain }: Difference): Observation[] => {
    if (event === undefined) {
      picture.settle(pts, SETTLE_UNNOTICED);
      return [];
    }
    if (pts - event.pts >= fromSeconds(longestSeconds)) {
      scene = undefined;
      return end(pts);
    }
    if (event.quietSince !== undefined) return [];
    const low = threshold * HYSTERESIS;
    if (pts - event.pts >= AT_ONCE && certain < CERTAIN * share) {
      const { moving: later, restSince } = picture.restless(pts, pts - event.pts - ONSET);
      if (later < Math.max(low, MOVED_LATER * share)) {
        picture.settle(pts, 0);
        return end(lastOf(event, share, restSince));
      }
    }
    const residue = share < RESIDUE * event.peak || (share < UNCOVERED * event.peak && picture.uncovered());
    const still = residue ? quiet : fromSeconds(share > WHOLE_SCENE ? settleAllSeconds : settleSeconds);
    if (pts - event.pts < still) return [];
    const { moving, freed, restSince } = picture.restless(pts, still);
    if (moving + (residue ? freed : 0) >= (residue ? Math.max(low, share / 4) : low)) return [];
    picture.settle(pts, 0);
    return end(lastOf(event, share, restSince));
  };

  return {
    name: 'motion',
    recognition: minimum + fromSeconds(1),
    look(picture) {
      const { pts } = picture;
      const cells = toCells(picture);
      const fits = (other: { columns: number; rows: number }) =>
        other.columns === cells.columns && other.rows === cells.rows;
      const observations: Observation[] = [];
      if (scene !== undefined && !fits(scene)) {
        scene = undefined;
        observations.push(...end(pts));
      }
      const memory = recalled !== undefined && fits(recalled) ? recalled : undefined;
      const unsure = picture.discontinuity || memory !== undefined;
      recalled = undefined;
      scene ??= new Scene(cells, memory);
      const elapsed = Math.min(LONGEST_STEP, Math.max(0, pts - (last ?? pts)));
      last = pts;
      const found = scene.look(cells, pts, elapsed, event !== undefined);
      if (found.recoloured) recolouredAt = pts;
      usual = Math.min(found.share, usual + ADAPT * toSeconds(elapsed));
      if (pts - recolouredAt <= RECOLOURING && found.changed - usual > RELIGHTED) {
        // Grey pictures are often those of another light, the camera's own: nothing can be compared with them.
        scene = new Scene(cells, undefined, scene.colours);
        return [...observations, ...end(recolouredAt)];
      }
      if (unsure && found.share > WHOLE_SCENE) {
        // After a break, or with a predecessor's memory, this is another scene: begin anew.
        scene = new Scene(cells);
        return [...observations, ...end(pts)];
      }
      observations.push(...judge(picture, found), ...settle(scene, pts, found));
      return observations;
    },
    remember: () => scene?.memory(),
    recall(memory) {
      if (isSceneMemory(memory)) recalled = memory;
    },
  };
}

/** When the last of an event came to rest: what has gone since was more than what is left. */
function lastOf({ peak, largeUntil }: Event, share: number, restSince: Microseconds): Microseconds {
  return share < UNCOVERED * peak ? Math.max(restSince, largeUntil) : restSince;
}
