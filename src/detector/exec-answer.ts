import { type EpochMicroseconds, fromSeconds, type Microseconds } from '../clock.ts';
import { type FrameObject, readObjects } from '../hls/frame-objects.ts';
import type { InstantEvent, Observation } from './detector.ts';
import { faultOfObservation } from './observation.ts';

/** When a picture was shown that an observation may be about. */
export interface ShownPicture {
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
}

/** What a program said of a picture. */
export interface ExecAnswer {
  readonly observations: readonly (Observation | InstantEvent)[];
  readonly objects?: readonly FrameObject[];
  /** What was left out, in words. */
  readonly faults: readonly string[];
}

/** A line of JSON that repeats a picture's `seq`. */
type AnswerLine = Readonly<Record<string, unknown>> & { readonly seq: number };

/** So many places of a line may be tried at which an answer could begin. */
const MOST_TRIED = 16;

/**
 * The JSON object of a line that repeats a picture's `seq`; undefined for a line that is not an answer. Before it may
 * stand what another part of the program has printed without an end of line, such as its progress: then it holds nothing
 * but an answer's fields, for programs print what they were given, too.
 */
export function parseAnswerLine(line: string): AnswerLine | undefined {
  if (/^\s*\{/.test(line)) {
    const whole = parsed(line);
    if (whole !== undefined) return whole.seq === undefined ? undefined : (whole as AnswerLine);
  }
  if (!/\}\s*$/.test(line)) return undefined;
  let tried = 0;
  for (const { index } of line.matchAll(/\{\s*"(?:seq|observations|objects)"/g)) {
    tried += 1;
    if (tried > MOST_TRIED) return undefined;
    const found = index === 0 ? undefined : parsed(line.slice(index));
    if (found?.seq !== undefined && Object.keys(found).every((name) => ANSWER.includes(name)))
      return found as AnswerLine;
  }
  return undefined;
}

const ANSWER = ['seq', 'observations', 'objects'];

/** An object as JSON, its `seq` left out where that is not a number of a picture; undefined for anything else. */
function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const { seq, ...rest } = JSON.parse(text) as { readonly seq?: unknown };
    return Number.isSafeInteger(seq) ? { ...rest, seq } : rest;
  } catch {
    return undefined;
  }
}

/** Times as a program writes them, in seconds: only those of pictures it was shown lead to a frame. */
export type DateOf = (pts: Microseconds) => EpochMicroseconds | undefined;

/**
 * Reads what an answer says of its picture. Observations are of the picture itself, or of an earlier one where they
 * repeat its `pts`. What is wrong is left out, and said.
 */
export function readAnswer(
  { observations = [], objects }: Readonly<Record<string, unknown>>,
  picture: ShownPicture,
  dateOf: DateOf,
): ExecAnswer {
  const faults: string[] = [];
  const read: (Observation | InstantEvent)[] = [];
  if (!Array.isArray(observations)) faults.push('observations is not an array');
  for (const [index, given] of (Array.isArray(observations) ? observations : []).entries()) {
    const place = `observations/${index}`;
    const observation = placed(given as unknown, picture, dateOf);
    const fault = typeof observation === 'string' ? observation : faultOfObservation(observation, picture);
    if (fault === undefined) read.push(observation as Observation | InstantEvent);
    else faults.push(`${place}: ${fault}`);
  }
  if (objects === undefined || objects === null) return { observations: read, faults };
  const drawn = readObjects(objects);
  if ('objects' in drawn) return { observations: read, objects: drawn.objects, faults };
  return { observations: read, faults: [...faults, `objects${drawn.at} ${drawn.fault}`] };
}

/** An observation with the times of its frame, or what is wrong with it. */
function placed(given: unknown, picture: ShownPicture, dateOf: DateOf): object | string {
  if (typeof given !== 'object' || given === null) return 'it is not an object';
  const { pts: seconds, key, ...rest } = given as Readonly<Record<string, unknown>>;
  const named = { ...rest, ...(key !== undefined && { key: typeof key === 'number' ? String(key) : key }) };
  if (seconds === undefined || seconds === null) return { ...named, pts: picture.pts, date: picture.date };
  if (typeof seconds !== 'number') return `pts is not a number of seconds: ${String(seconds)}`;
  const pts = fromSeconds(seconds);
  const date = dateOf(pts);
  if (date === undefined)
    return `pts ${seconds} is not that of a picture it was shown; leave it out, or repeat a picture's`;
  return { ...named, pts, date };
}
