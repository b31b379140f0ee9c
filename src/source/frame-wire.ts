import type { Readable } from 'node:stream';
import type { Frame } from '../container/frame.ts';
import { readMessages } from '../container/messages.ts';
import type { ErrorRecord } from '../errors.ts';
import type { LateMarking, LateObjects } from '../hls/frame-marker.ts';
import { LONGEST_LINE } from './frame-line.ts';
import type { Source } from './source.ts';

/** What a connection begins with. */
export type SourceShape = Pick<Source, 'width' | 'height' | 'frameRate' | 'live' | 'session'>;

/**
 * What goes from the process that owns standard input to the one that encodes: one of these, then the pixels. `settled`
 * goes the other way: see {@link Source.settled}.
 */
export type FrameMessage =
  | { readonly type: 'shape'; readonly shape: SourceShape }
  | { readonly type: 'frame'; readonly frame: Omit<Frame, 'data'>; readonly bytes: number }
  | { readonly type: 'late'; readonly late: LateMarking | LateObjects }
  | { readonly type: 'settled'; readonly number: number; readonly heard: number }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: ErrorRecord };

/** A head is no longer than this, in bytes: a line of JSON, written anew, may have become several times as long. */
const LONGEST_HEAD = 8 * LONGEST_LINE;

/** The messages of a connection with their pixels; ends where it breaks off, without what came in part. */
export function readFrameMessages(from: Readable) {
  const bytesOf = (message: FrameMessage) => (message.type === 'frame' ? message.bytes : 0);
  return readMessages<FrameMessage>(from, { longest: LONGEST_HEAD, bytesOf });
}
