import type { Microseconds } from '../clock.ts';

/** The run of the encoder that a picture went into. */
export interface PictureRun {
  /** Its id, of which the name of its init segment is a digest. */
  readonly id: string;
  /** PTS at which it began. */
  readonly at: Microseconds;
}

/** A run of the encoder begins: nothing more comes of those before it. */
export interface RunBegin extends PictureRun {
  /** PTS where the media of those before it ends: pictures behind it were shown to detectors, and are in no media. */
  readonly from: Microseconds;
}

/** Of so many runs it is remembered where they began. */
const REMEMBERED = 16;

/** Remembers that a run begins; returns whether it was not known. */
export function noteRun(begun: RunBegin[], run: RunBegin): boolean {
  if (begun.some(({ id, at }) => id === run.id && at === run.at)) return false;
  begun.push(run);
  begun.splice(0, begun.length - REMEMBERED);
  return true;
}

/**
 * What has become of a picture's frame: it is in the media, or may get there; it lies where there is no media; or it got
 * lost, and its PTS is that of another frame by now.
 */
export function fateOfFrame(
  begun: readonly RunBegin[],
  { id, at }: PictureRun,
  pts: Microseconds,
): 'shown' | 'in-gap' | 'lost' {
  const known = begun.findIndex((run) => run.id === id && run.at === at);
  const next = known === -1 ? begun.find((run) => run.at >= at) : begun[known + 1];
  if (next === undefined || pts < next.from) return 'shown';
  return pts < next.at ? 'in-gap' : 'lost';
}

/** What has facts for whoever reads it. */
interface WithData {
  readonly data: Readonly<Record<string, unknown>>;
}

/** A marker of a frame that is in no media, and says so. */
export function ofLostFrame<T extends WithData>(marker: T): T {
  return { ...marker, data: { ...marker.data, frameLost: true } };
}

/** A changed marker: that its frame is lost stays so, whoever writes other facts. */
export function edited<T extends WithData>(marker: T, changes: NoInfer<Partial<T>>): T {
  const { frameLost } = marker.data;
  const data = changes.data && frameLost === true ? { frameLost, ...changes.data } : changes.data;
  return { ...marker, ...changes, ...(data && { data }) };
}
