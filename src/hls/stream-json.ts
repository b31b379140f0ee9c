/** What a stream is to JSON clients. Times in seconds, dates in ISO 8601; what may be missing does not hold then. */

/**
 * How a stream stands: no segment yet · new media comes · none came for longer than a target duration and a bit · the
 * source has ended.
 */
export type StreamStatus = 'starting' | 'live' | 'stalled' | 'ended';

/** What a stream waits for when no media comes. */
export type WaitingFor = 'source' | 'encoder' | 'store';

/** What is shown while the source is silent, and since when it is. */
export interface InputLossJson {
  readonly kind: 'slate' | 'repeat' | 'gap';
  /** Date of the last picture before the silence. */
  readonly since: string;
}

/** Where media shows no pictures of the source. */
export interface FillerJson extends InputLossJson {
  readonly start: number;
  readonly end: number;
  readonly startDate: string;
  readonly endDate: string;
}

/** Why a process of a stream does not work. */
export interface ProblemJson {
  readonly process: string;
  readonly code: string;
  readonly message: string;
  readonly since: string;
  readonly times: number;
}

/** A stream as `GET /streams` and the event stream write it. */
export interface StreamJson {
  readonly name: string;
  readonly epoch: string;
  readonly status: StreamStatus;
  readonly waitingFor?: WaitingFor | undefined;
  readonly prefix?: string | undefined;
  readonly playlist: string;
  readonly startedAt: string;
  readonly targetDuration: number;
  readonly partTarget: number;
  /** HOLD-BACK and PART-HOLD-BACK of its playlists. */
  readonly holdBack: number;
  readonly partHoldBack: number;
  readonly window: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly frameRate: number | null;
  readonly start: number | null;
  /** Where what is kept begins beyond the Media Playlist, if anything is. */
  readonly keptFrom?: number | undefined;
  readonly keptFromDate?: string | undefined;
  readonly edge: number | null;
  readonly startDate: string | null;
  readonly edgeDate: string | null;
  readonly thumbnails: string | null;
  readonly clips: string;
  readonly clipLimit: number;
  /** There were objects in this epoch. */
  readonly objects?: true | undefined;
  readonly inputLoss?: InputLossJson | undefined;
  readonly filler?: readonly FillerJson[] | undefined;
  readonly problems?: readonly ProblemJson[] | undefined;
}
